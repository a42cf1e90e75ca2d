import { createHash } from "node:crypto";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { setTimeout as sleep } from "node:timers/promises";
import { MOST_TOGETHER } from "#core/guard/live-claims.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type GuardProcess, startGuard } from "#test/harness/guard-process.ts";
import { freePort } from "#test/harness/ports.ts";
import { startProcess } from "#test/harness/processes.ts";
import { createS3Client } from "#test/harness/s3-client.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { type BenchSite, s3Url } from "./bench-site.ts";
import { backupTemplate, type GuardedNamespace, type Put, putBackup } from "./guard-backups.ts";
import { highWaterMib, percentile } from "./measure.ts";
import { type Answered, deletionReview, ReviewSender } from "./review-load.ts";
import { histogramIn, meanMsBetween, type Scraped } from "./scraped.ts";

// Reviews of deletions that a backup allows, against an empty handler that gets the same bodies in the same run. The
// namespaces are known to the guard from the reviews alone.
export interface GuardResult {
  /** Each namespace has its own backup, and nothing else lies in the location. */
  readonly oneBackupEach: GuardFigures & Reviewed;
  readonly tenBackupsEach: GuardFigures & Reviewed;
  /** The same, and so many claims in the cluster that they are read by namespace. */
  readonly manyClaims: Reviewed;
}

interface Reviewed {
  /** Of reviews whose look was at most five seconds old. */
  readonly p99Ms: number;
  readonly medianMs: number;
  readonly emptyP99Ms: number;
  readonly emptyMedianMs: number;
  readonly ratio: number;
  readonly perSecond: number;
  /** Of reviews that had to look first. */
  readonly lookingP99Ms: number;
  readonly lookMs: number;
}

interface GuardFigures {
  /** With every backup new to it. */
  readonly firstRefreshMs: number;
  readonly refreshMs: number;
  /** Since it was started. */
  readonly peakRssMib: number;
}

const NAMESPACES = 1000;
const BACKUPS_EACH = 10;
const MANY_CLAIMS = MOST_TOGETHER + 1;
const CONNECTIONS = 50;
/** The reviews of one group have to come while its looks are young. */
const GROUPS = 10;
const REVIEWS_EACH = 5;
const LOOK_LIVES_MS = 5000;
const PUTS_AT_ONCE = 32;
/** Twice what the guard gives one reading. */
const READ_WITHIN_MS = 240_000;
const PREFIX = "guard";

const LOOKS = "kubectl_backup_guard_look_seconds";
const REFRESHES = "kubectl_backup_guard_refresh_seconds";

interface Rig {
  readonly guard: GuardProcess;
  readonly emptyPort: number;
  readonly namespaces: readonly GuardedNamespace[];
  readonly say: (text: string) => void;
}

/** Tells of each situation as soon as it is measured, and before what it waits for: a reading comes every minute. */
export async function guardMeasure(site: BenchSite, say: (text: string) => void): Promise<GuardResult> {
  const told = <Figures>(situation: keyof GuardResult, figures: Figures): Figures => {
    say(`guard ${situation}: ${JSON.stringify(figures)}`);
    return figures;
  };
  const namespaces = Array.from({ length: NAMESPACES }, (_, n) => ({
    name: `prod-${n}`,
    uid: crypto.randomUUID(),
  }));
  const empty = await startEmptyHandler(site);
  const locations = [s3Url(site.s3, PREFIX)];
  const env = s3Environment(site.s3);
  const guard = await startGuard(site.cluster, { locations, env, readyWithinMs: READ_WITHIN_MS });
  try {
    // Measured is one that finds its certificate made, as all do but the first of an installation.
    await guard.stop();
    const rig = { guard, emptyPort: empty.port, namespaces, say };
    const rounds = Array.from({ length: BACKUPS_EACH }, (_, round) => round);
    say(`writing a backup of each of ${NAMESPACES} namespaces …`);
    await fillLocation(site, { namespaces, rounds: rounds.slice(0, 1) });
    await guard.start();
    const oneBackupEach = told("oneBackupEach", await timeGuard(rig));
    await guard.stop();
    say(`writing ${BACKUPS_EACH - 1} more of each …`);
    await fillLocation(site, { namespaces, rounds: rounds.slice(1) });
    await guard.start();
    const tenBackupsEach = told("tenBackupsEach", await timeGuard(rig));
    say(`creating ${MANY_CLAIMS} claims …`);
    await fillClaims(site);
    const manyClaims = told("manyClaims", await timeReviews(rig));
    return { oneBackupEach, tenBackupsEach, manyClaims };
  } finally {
    await guard.remove();
    await empty.stop();
  }
}

async function timeGuard(rig: Rig): Promise<GuardFigures & Reviewed> {
  const refreshes = await timeRefreshes(rig);
  const reviews = await timeReviews(rig);
  return { ...reviews, ...refreshes, peakRssMib: highWaterMib(rig.guard.pid()) };
}

/** Unbound ones of a namespace that nobody reviews. */
async function fillClaims(site: BenchSite): Promise<void> {
  const admin = site.cluster.adminClient();
  const spec = { accessModes: ["ReadWriteOnce"], resources: { requests: { storage: "1Gi" } } };
  const kind = { apiVersion: "v1", kind: "PersistentVolumeClaim" };
  for (let n = 0; n < MANY_CLAIMS; n++) {
    const claim = { ...kind, metadata: { name: `data-${n}` }, spec };
    await admin.create("/api/v1/namespaces/default/persistentvolumeclaims", claim);
  }
  admin.close();
}

/** The first, after which the guard is ready, and the one after it. */
async function timeRefreshes({ guard, say }: Pick<Rig, "guard" | "say">) {
  const readAfter = (count: number) => {
    const isRead = async () => {
      const now = histogramIn(await guard.metrics(), REFRESHES);
      return now.count > count ? now : undefined;
    };
    return eventually("the location is read", isRead, { timeoutMs: READ_WITHIN_MS, intervalMs: 500 });
  };
  const first = await readAfter(0);
  say("the location is read; it is read again within a minute …");
  const then = await readAfter(first.count);
  return {
    firstRefreshMs: meanMsBetween({ sum: 0, count: 0 }, first),
    refreshMs: meanMsBetween(first, then),
  };
}

interface Timed {
  readonly looking: readonly Answered[];
  readonly answered: readonly Answered[];
  readonly empty: readonly Answered[];
  readonly busyMs: number;
}

async function timeReviews({ guard, emptyPort, namespaces, say }: Rig) {
  say(`${namespaces.length * REVIEWS_EACH} reviews on ${CONNECTIONS} connections …`);
  const ours = new ReviewSender(guard.port, CONNECTIONS);
  const yardstick = new ReviewSender(emptyPort, CONNECTIONS);
  const size = namespaces.length / GROUPS;
  const groups = Array.from({ length: GROUPS }, (_, n) => namespaces.slice(n * size, (n + 1) * size));
  try {
    // Connections are made, and processes compile what they run often.
    const warmUp = (groups[0] ?? []).map(deletionReview);
    await yardstick.send(warmUp);
    await ours.send(warmUp);
    await sleep(LOOK_LIVES_MS);
    const before = histogramIn(await guard.metrics(), LOOKS);
    const timed: Timed[] = [];
    for (const group of groups) timed.push(await timeGroup(group, { ours, yardstick }));
    const looks = { before, after: histogramIn(await guard.metrics(), LOOKS) };
    return summarise(timed, looks);
  } finally {
    ours.close();
    yardstick.close();
  }
}

async function timeGroup(
  group: readonly GuardedNamespace[],
  { ours, yardstick }: { readonly ours: ReviewSender; readonly yardstick: ReviewSender },
): Promise<Timed> {
  const bodies = Array.from({ length: REVIEWS_EACH }, () => group.map(deletionReview)).flat();
  const empty = await yardstick.send(bodies);
  const looking = await ours.send(group.map(deletionReview));
  const startedAt = performance.now();
  const answered = await ours.send(bodies);
  const busyMs = performance.now() - startedAt;
  for (const { text } of [...looking, ...answered]) assertAllowed(text);
  return { looking, answered, empty, busyMs };
}

function assertAllowed(text: string): void {
  if (JSON.parse(text).response.allowed !== true) throw new Error(`a review was refused: ${text}`);
}

export function summarise(
  timed: readonly Timed[],
  looks: { readonly before: Scraped; readonly after: Scraped },
) {
  const looking = timed.flatMap((one) => one.looking).map(({ ms }) => ms);
  const [made, wanted] = [looks.after.count - looks.before.count, looking.length];
  if (made !== wanted)
    throw new Error(`${made} looks for ${wanted} reviews: the machine is too slow for them`);
  const answered = timed.flatMap((one) => one.answered).map(({ ms }) => ms);
  const empty = timed.flatMap((one) => one.empty).map(({ ms }) => ms);
  const busyMs = timed.reduce((sum, one) => sum + one.busyMs, 0);
  return {
    p99Ms: percentile(answered, 99),
    medianMs: percentile(answered, 50),
    emptyP99Ms: percentile(empty, 99),
    emptyMedianMs: percentile(empty, 50),
    ratio: percentile(answered, 99) / percentile(empty, 99),
    perSecond: (answered.length / busyMs) * 1000,
    lookingP99Ms: percentile(looking, 99),
    lookMs: meanMsBetween(looks.before, looks.after),
  };
}

interface Filling {
  readonly namespaces: readonly GuardedNamespace[];
  /** One backup of each namespace by number, the oldest first. */
  readonly rounds: readonly number[];
}

async function fillLocation(site: BenchSite, { namespaces, rounds }: Filling): Promise<void> {
  const admin = site.cluster.adminClient();
  const { metadata } = await admin.get("/api/v1/namespaces/kube-system");
  admin.close();
  const template = await backupTemplate();
  const put = putInto(site);
  const now = Date.now();
  const wanted = rounds.flatMap((round) =>
    namespaces.map((namespace) => ({
      name: `${namespace.name}-${round}`,
      namespace,
      firstListAt: new Date(now - (BACKUPS_EACH - round) * 60_000),
      kubeSystemUid: metadata.uid ?? "",
    })),
  );
  let next = 0;
  const worker = async () => {
    for (let one = wanted[next++]; one !== undefined; one = wanted[next++])
      await putBackup(template, one, put);
  };
  await Promise.all(Array.from({ length: PUTS_AT_ONCE }, worker));
}

function putInto(site: BenchSite): Put {
  const client = createS3Client(site.s3);
  return async (key, body) => {
    const reply = await client.request("PUT", `${PREFIX}/${key}`, { body });
    if (!reply.ok) throw new Error(`PUT ${key}: ${reply.status} ${await reply.text()}`);
    await reply.arrayBuffer();
    const sha256 = createHash("sha256").update(body).digest("hex");
    return { etag: reply.headers.get("etag") ?? "", sha256, sizeBytes: body.length };
  };
}

async function startEmptyHandler(site: BenchSite): Promise<{ readonly port: number; stop(): Promise<void> }> {
  const port = await freePort();
  const server = await startProcess({
    name: "empty-handler",
    command: process.execPath,
    args: [join(import.meta.dirname, "empty-handler.ts"), String(port)],
    directory: site.directory,
  });
  await eventually("the empty handler answers", async () => {
    const sender = new ReviewSender(port, 1);
    return sender.send(["{}"]).finally(() => sender.close());
  });
  return { port, stop: () => server.stop() };
}
