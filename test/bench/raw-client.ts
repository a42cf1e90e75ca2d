// The yardstick: a client that does nothing but the requests. Its own process, one HTTP/2 connection with large windows,
// bodies thrown away. `node raw-client.ts JOB.json`; prints one JSON line.
import { readFileSync } from "node:fs";
import { type ClientHttp2Session, connect } from "node:http2";

export type RawJob = {
  readonly server: string;
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly concurrency: number;
} & (
  | { readonly mode: "stream"; readonly paths: readonly string[] }
  | { readonly mode: "pages"; readonly paths: readonly string[]; readonly pageSize: number }
  /** One line per object: path, tab, body. Lines of the first wave are awaited before the rest (namespaces). */
  | { readonly mode: "create"; readonly requestsFile: string; readonly firstWave: number }
);

type Reply = { readonly status: number; readonly bytes: number; readonly head: string };

const WINDOW = 16 * 1024 * 1024;
const END_OF_INITIAL_EVENTS = "k8s.io/initial-events-end";
const DISCOVERY = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";

function send(
  session: ClientHttp2Session,
  request: {
    readonly method: string;
    readonly path: string;
    readonly body?: string;
    readonly accept?: string;
  },
  onChunk?: (chunk: Buffer) => boolean,
): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const stream = session.request(
      {
        ":method": request.method,
        ":path": request.path,
        accept: request.accept ?? "application/json",
        ...(request.body === undefined ? {} : { "content-type": "application/json" }),
      },
      { endStream: request.body === undefined },
    );
    let status = 0;
    let bytes = 0;
    let head = "";
    stream.on("response", (headers) => {
      status = Number(headers[":status"]);
    });
    stream.on("data", (chunk: Buffer) => {
      if (bytes === 0) head = chunk.toString("latin1", 0, 4096);
      bytes += chunk.length;
      if (onChunk?.(chunk) === true) {
        stream.close();
        resolve({ status, bytes, head });
      }
    });
    stream.on("end", () => resolve({ status, bytes, head }));
    stream.on("error", reject);
    if (request.body !== undefined) stream.end(request.body);
  });
}

async function readStream(session: ClientHttp2Session, path: string): Promise<number> {
  const query = "watch=1&sendInitialEvents=true&resourceVersionMatch=NotOlderThan&allowWatchBookmarks=true";
  let end = "";
  const reply = await send(session, { method: "GET", path: `${path}?${query}` }, (chunk) => {
    // Other events may follow the bookmark in the same chunk, and it may lie across two: the whole chunk is searched,
    // and the seam between two.
    const seam = end + chunk.toString("latin1", 0, END_OF_INITIAL_EVENTS.length);
    end = chunk.toString("latin1", Math.max(0, chunk.length - END_OF_INITIAL_EVENTS.length));
    return chunk.includes(END_OF_INITIAL_EVENTS) || seam.includes(END_OF_INITIAL_EVENTS);
  });
  return reply.bytes;
}

async function readPages(session: ClientHttp2Session, path: string, pageSize: number): Promise<number> {
  let bytes = 0;
  let next = "";
  do {
    const query = `limit=${pageSize}${next === "" ? "" : `&continue=${encodeURIComponent(next)}`}`;
    const reply = await send(session, { method: "GET", path: `${path}?${query}` });
    bytes += reply.bytes;
    next = /"continue":"([^"]+)"/.exec(reply.head.slice(0, 2000))?.[1] ?? "";
  } while (next !== "");
  return bytes;
}

async function inFlight<T>(
  items: readonly T[],
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async () => {
    while (next < items.length) {
      const item = items[next];
      next += 1;
      if (item !== undefined) await work(item);
    }
  };
  await Promise.all(Array.from({ length: limit }, worker));
}

async function createAll(
  session: ClientHttp2Session,
  job: RawJob & { mode: "create" },
): Promise<Record<string, number>> {
  const statuses: Record<string, number> = {};
  const lines = readFileSync(job.requestsFile, "utf8").trimEnd().split("\n");
  const post = async (line: string) => {
    const tab = line.indexOf("\t");
    const reply = await send(session, {
      method: "POST",
      path: line.slice(0, tab),
      body: line.slice(tab + 1),
    });
    statuses[reply.status] = (statuses[reply.status] ?? 0) + 1;
  };
  await inFlight(lines.slice(0, job.firstWave), job.concurrency, post);
  await inFlight(lines.slice(job.firstWave), job.concurrency, post);
  return statuses;
}

async function readAll(
  session: ClientHttp2Session,
  job: RawJob & { mode: "stream" | "pages" },
): Promise<{ bytes: number }> {
  let bytes = 0;
  await Promise.all(
    ["/api", "/apis"].map((path) => send(session, { method: "GET", path, accept: DISCOVERY })),
  );
  await inFlight(job.paths, job.concurrency, async (path) => {
    // Not `bytes += await …`: that adds to what `bytes` was before the wait.
    const read =
      job.mode === "stream" ? await readStream(session, path) : await readPages(session, path, job.pageSize);
    bytes += read;
  });
  return { bytes };
}

const job: RawJob = JSON.parse(readFileSync(process.argv[2] ?? "", "utf8"));
const { ca, cert, key } = job;
const session = connect(job.server, { ca, cert, key, settings: { initialWindowSize: 4 * 1024 * 1024 } });
session.on("connect", () => session.setLocalWindowSize(WINDOW));
const result = job.mode === "create" ? await createAll(session, job) : await readAll(session, job);
session.destroy();
process.stdout.write(`${JSON.stringify(result)}\n`);
