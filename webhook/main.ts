import { once } from "node:events";
import type { Server } from "node:https";
import { performance } from "node:perf_hooks";
import pino, { type Logger } from "pino";
import { createPace } from "#core/flow/pace.ts";
import type { BackupIndex, IndexListener } from "#core/guard/backup-index.ts";
import { openAccess } from "#core/kube/access/access.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { readClusterIds } from "#core/kube/cluster-ids.ts";
import { openCluster } from "#core/kube/open-cluster.ts";
import { describeError } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { Annotator } from "./annotator.ts";
import { ApiClock } from "./api-clock.ts";
import { type Certificates, openCertificates } from "./certificates/certificates.ts";
import { readClientAuthority } from "./client-authority.ts";
import { DecisionEvents } from "./events.ts";
import { answerReview, type GuardFacts } from "./guard.ts";
import { openLiveClaims } from "./live-claims.ts";
import { openMayUnprotect } from "./may-unprotect.ts";
import { createMetrics, type Metrics } from "./metrics.ts";
import { openIndexes } from "./open-indexes.ts";
import { repeat } from "./repeat.ts";
import type { Answer, Review } from "./review.ts";
import { createApp, createReviewServer, secureContext } from "./server.ts";
import { readSettings, type Settings } from "./settings.ts";
import { shedStart } from "./shed-start.ts";
import { survey } from "./survey.ts";

/** Well below the age at which a reading of the clock is thrown away: a review need not wait for one. */
const CLOCK_MS = 30_000;
/** What a request may still take once the process is told to end; kubelet's patience is longer. */
const DRAIN_MS = 6000;

/** Whoever was asked before the end answers in earnest; each answer has a deadline of its own. */
const TO_THE_END = new AbortController().signal;

const monotonicMs = () => performance.now();

/** What lives as long as the process. */
interface Watch {
  readonly settings: Settings;
  readonly log: Logger;
  /** Ends when the process is told to. */
  readonly context: RunContext;
  readonly indexes: readonly BackupIndex[];
  readonly clock: ApiClock;
  readonly metrics: Metrics;
  /** PEM; undefined: nobody is asked for a certificate. */
  readonly clientAuthority: string | undefined;
}

async function main(): Promise<void> {
  const settings = readSettings(process.env);
  const log = openLog(settings);
  const stop = new AbortController();
  for (const signal of ["SIGTERM", "SIGINT"]) process.once(signal, () => stop.abort());
  const context: RunContext = {
    signal: stop.signal,
    now: () => new Date(),
    onProgress: (event) => {
      if (event.type === "warned" || event.type === "noted") log.info({ message: event.message });
    },
  };
  const access = await openAccess({ env: process.env, interactive: false });
  const transport = { userAgent: GUARD.name, requestTimeoutSeconds: 10 };
  const cluster = openCluster(access, { ...transport, fieldManager: GUARD.name });
  // A transport holds on to the highest clock it ever saw, which suits a backup; a guard wants the present one.
  const readTime = async (signal: AbortSignal) => {
    const asked = openCluster(access, transport);
    try {
      return await asked.serverTime(signal);
    } finally {
      asked.close();
    }
  };
  const clock = new ApiClock(readTime, monotonicMs);
  const ids = await readClusterIds(cluster, stop.signal);
  const metrics = createMetrics();
  const listener: IndexListener = {
    onLooked: (seconds) => metrics.lookSeconds.observe(seconds),
    onRefreshed: (seconds) => metrics.refreshSeconds.observe(seconds),
  };
  const indexes = await openIndexes(settings.configFile, { cluster: ids, monotonicMs, listener }, (warning) =>
    log.warn({ message: warning }),
  );
  const clientAuthority = await readClientAuthority(settings.clientAuthorityFile);
  const watch: Watch = { settings, log, context, indexes, clock, metrics, clientAuthority };
  await serve(watch, cluster, {
    settings: settings.protection,
    cluster: ids,
    indexes,
    now: (signal) => clock.now(signal),
    monotonicMs,
    mayUnprotect: openMayUnprotect(cluster),
    liveClaims: openLiveClaims(cluster, TO_THE_END),
  });
  cluster.close();
}

/** Lines are written behind the answers: whoever reads them slowly must not hold up a review. */
function openLog({ logLevel }: Settings): Logger {
  const form = { level: logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  return pino(form, pino.destination({ dest: 1, sync: false }));
}

async function serve(watch: Watch, cluster: Cluster, facts: GuardFacts): Promise<void> {
  const { settings, log, context, metrics, clientAuthority } = watch;
  let server: Server | undefined;
  const certificates = await openCertificates(settings.certificates, cluster, {
    onChange: ({ key, cert }) => server?.setSecureContext(secureContext({ key, cert, clientAuthority })),
    onTrouble: (message) => log.error({ message }),
  });
  const events = new DecisionEvents({
    ...facts,
    cluster,
    onTrouble: (error) => log.warn({ message: describeError(error) }),
  });
  let hasAsked = false;
  const app = createApp({
    answer: (review) => answerReview(review, facts, { ...context, signal: TO_THE_END }),
    // It is the API server that judges the certificate, by its own clock.
    isReady: () => hasAsked && certificates.current().notAfter > (watch.clock.roughly ?? new Date(0)),
    areStrangersRefused: clientAuthority !== undefined,
    metrics,
    beforeScrape: () => measure(watch, certificates),
    onAnswered: (review, answer) => {
      tell(log, review, answer);
      events.tell(review, answer);
    },
    onTrouble: (message) => log.error({ message }),
  });
  server = createReviewServer(app, { ...certificates.current(), clientAuthority });
  server.listen(settings.port, settings.bind);
  await once(server, "listening");
  log.info({ message: "listening", address: server.address() });
  const { signal } = context;
  const onTrouble = (error: unknown) => {
    if (!signal.aborted) log.error({ message: describeError(error) });
  };
  const surveyed = { ...facts, cluster, clusterIds: facts.cluster };
  const annotator = new Annotator({ ...surveyed, onTrouble: (message) => log.warn({ message }) });
  const background = Promise.all([
    certificates.keepFresh(signal),
    repeat(() => watch.clock.refresh(signal), { everyMs: CLOCK_MS, signal, onTrouble }),
    repeat(
      async () => {
        const read = await refreshAll(watch, onTrouble);
        const isFirst = !hasAsked;
        hasAsked = true;
        if (isFirst) shedStart();
        // Behind the reading, which must not wait for it.
        annotator.note(read, context).catch(onTrouble);
        survey(surveyed, metrics, context).catch(onTrouble);
      },
      { everyMs: settings.refreshSeconds * 1000, signal, onTrouble },
    ),
    keepChecking(watch, onTrouble),
  ]);
  // What is being read then is not waited for: no new review may come in meanwhile.
  await Promise.race([background, untilAborted(signal)]);
  await drain(server);
  await events.settled();
  certificates.close();
}

/** URLs of the locations that were read whole. */
async function refreshAll(
  { indexes, context }: Watch,
  onTrouble: (error: unknown) => void,
): Promise<ReadonlySet<string>> {
  const read = new Set<string>();
  const refresh = async (index: BackupIndex) => {
    await index.refresh(context);
    read.add(index.url);
  };
  await Promise.all(indexes.map((index) => refresh(index).catch(onTrouble)));
  return read;
}

/** Archives are read from end to end, in the background and slowly: sizes and ETags have to do until then. */
async function keepChecking(
  { indexes, settings, context }: Watch,
  onTrouble: (error: unknown) => void,
): Promise<void> {
  const { signal } = context;
  const perSecond = settings.checkedMibPerSecond * 1024 * 1024;
  if (perSecond === 0) return;
  const pace = createPace({ perSecond, signal });
  const check = async () => {
    for (const index of indexes) await index.checkArchives(pace, context).catch(onTrouble);
  };
  await repeat(check, { everyMs: settings.refreshSeconds * 1000, signal, onTrouble });
}

function measure({ metrics, indexes }: Watch, certificates: Certificates): void {
  metrics.certificateExpiry.set(certificates.current().notAfter.getTime() / 1000);
  for (const { url, refreshedAtMs } of indexes) {
    const age =
      refreshedAtMs === undefined ? Number.POSITIVE_INFINITY : (monotonicMs() - refreshedAtMs) / 1000;
    metrics.indexAgeSeconds.set({ location: url }, age);
  }
}

/** Of a review its uid, what it asked and the verdict; never what was in an object. */
function tell(log: Logger, { uid, operation, before, isDryRun }: Review, answer: Answer): void {
  const { allowed, reason } = answer;
  log.info({ review: uid, operation, namespace: before?.name, dryRun: isDryRun, allowed, reason });
}

async function untilAborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, "abort");
}

async function drain(server: Server): Promise<void> {
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  setTimeout(() => server.closeAllConnections(), DRAIN_MS).unref();
  await closed;
}

main().then(
  // A location that does not answer is still being read, for nobody.
  () => process.exit(),
  (error: unknown) => {
    process.stderr.write(`error: ${describeError(error)}\n`);
    // A connection that is open still would hold it, and a guard that has given up hears no signal.
    process.exit(1);
  },
);
