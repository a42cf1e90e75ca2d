import { createServer, type Server } from "node:https";
import express, { type Express, type NextFunction, type Request, type Response } from "express";
import { createBodyBudget, LARGEST_REVIEW_BYTES, refuseHeap } from "./body-budget.ts";
import type { Metrics } from "./metrics.ts";
import { createOneAtATime } from "./one-at-a-time.ts";
import { type Answer, type Review, readReview, writeReview } from "./review.ts";

export interface ServerParts {
  readonly answer: (review: Review) => Promise<Answer>;
  readonly isReady: () => boolean;
  /** Only who shows a certificate of the clients' authority may ask for a review. */
  readonly areStrangersRefused?: boolean;
  readonly metrics: Metrics;
  /** Sets what only a scrape needs to know. */
  readonly beforeScrape: () => void;
  readonly onAnswered: (review: Review, answer: Answer) => void;
  readonly onTrouble: (message: string) => void;
}

/** Whoever sends others must not make a metric of each. */
const KNOWN_OPERATIONS = ["DELETE", "UPDATE"];
/** A review arrives whole within this, or its sender is none of the API server's. */
const REQUEST_MS = 5000;
/**
 * Some for each of a few API servers, which open as many as they have reviews under way. With a small body on each they
 * take 70 MiB.
 */
export const MOST_CONNECTIONS = 400;

export function createApp(parts: ServerParts): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.use(createOneAtATime());
  app.get("/healthz", (_, reply) => void reply.type("text/plain").send("ok"));
  app.get("/readyz", (_, reply) => {
    const isReady = parts.isReady();
    reply
      .status(isReady ? 200 : 503)
      .type("text/plain")
      .send(isReady ? "ok" : "no certificate yet, or no location was asked yet");
  });
  app.get("/metrics", async (_, reply) => {
    parts.beforeScrape();
    reply.type(parts.metrics.registry.contentType).send(await parts.metrics.registry.metrics());
  });
  app.post(
    "/review",
    ...(parts.areStrangersRefused === true ? [refuseStrangers] : []),
    createBodyBudget(),
    // An API server compresses nothing, and of what is compressed nobody can tell beforehand how large it is.
    express.json({ limit: LARGEST_REVIEW_BYTES, inflate: false, verify: refuseHeap }),
    (request: Request, reply: Response) => answer(parts, request, reply),
  );
  app.all("/review", (_, reply) => void reply.status(405).set("allow", "POST").end());
  app.use((_, reply) => void reply.status(404).end());
  // biome-ignore lint/complexity/useMaxParams: by its four parameters express tells that it takes errors.
  app.use((error: unknown, _: Request, reply: Response, _next: NextFunction) => {
    const status = statusOf(error);
    if (status >= 500) parts.onTrouble(error instanceof Error ? error.message : String(error));
    // What is wrong with the request is its sender's to know; what was in it is nobody's.
    reply
      .status(status)
      .type("text/plain")
      .send(status === 413 ? "too large" : "not understood");
  });
  return app;
}

/** Before anything of the review is read. */
function refuseStrangers({ socket }: Request, reply: Response, next: NextFunction): void {
  if ("authorized" in socket && socket.authorized === true) next();
  else reply.status(401).type("text/plain").send("no certificate of the API server's authority");
}

async function answer(parts: ServerParts, request: Request, reply: Response): Promise<void> {
  const review = readReview(request.body);
  // While the answer is awaited nothing is kept but what was read of it.
  request.body = undefined;
  if (review === undefined) {
    reply.status(400).type("text/plain").send("not an AdmissionReview of admission.k8s.io/v1");
    return;
  }
  const stop = parts.metrics.answerSeconds.startTimer();
  const given = await parts.answer(review);
  stop();
  parts.metrics.decisions.inc({
    verdict: given.allowed ? "allowed" : "refused",
    reason: given.reason,
    operation: KNOWN_OPERATIONS.includes(review.operation) ? review.operation : "other",
    dry_run: String(review.isDryRun),
  });
  reply.json(writeReview(review.uid, given));
  parts.onAnswered(review, given);
}

/** body-parser's errors carry theirs. */
function statusOf(error: unknown): number {
  const status = typeof error === "object" && error !== null && "status" in error ? error.status : undefined;
  return typeof status === "number" && status >= 400 && status < 500 ? status : 500;
}

export interface TlsParts {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  /** Absent: nobody is asked for a certificate. */
  readonly clientAuthority?: string | undefined;
}

/** What a server begins with, and is given again when its pair changes. */
export function secureContext({ key, cert, clientAuthority }: TlsParts) {
  return {
    key,
    cert,
    minVersion: "TLSv1.2",
    ...(clientAuthority !== undefined && { ca: clientAuthority }),
  } as const;
}

/** TLS from the first byte; what comes too slowly is cut off. */
export function createReviewServer(app: Express, parts: TlsParts): Server {
  const options = {
    ...secureContext(parts),
    // Kubelets probe without one.
    requestCert: parts.clientAuthority !== undefined,
    rejectUnauthorized: false,
    connectionsCheckingInterval: 500,
    handshakeTimeout: REQUEST_MS,
  };
  const server = createServer(options, app);
  server.requestTimeout = REQUEST_MS;
  server.headersTimeout = REQUEST_MS;
  // Beyond what any answer takes: one that nobody reads is not kept. Between requests keepAliveTimeout takes its place.
  server.timeout = 2 * REQUEST_MS;
  server.keepAliveTimeout = 120_000;
  server.maxConnections = MOST_CONNECTIONS;
  // Whoever comes next finds room: those that are kept for later are no longer.
  server.on("drop", () => server.closeIdleConnections());
  return server;
}
