import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import {
  backUp,
  type GuardedCluster,
  KEY,
  messageOf,
  PROTECTED,
  startGuardedCluster,
} from "#test/fixtures/guarded-cluster.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type FaultyKubeProxy, faultyKubeProxy } from "#test/harness/faulty-proxy.ts";
import { isListening } from "#test/harness/ports.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

// A proxy between the guard and the API server, which holds replies back and sets the API server's clock.
const HOUR_MS = 3_600_000;

let location: Scratch;
let url: string;
let proxy: FaultyKubeProxy;
let cluster: GuardedCluster;

beforeAll(async () => {
  location = await scratchDirectory("location");
  url = `file://${location.path}`;
  cluster = await startGuardedCluster({
    locations: [url],
    guardEnv: async (plane) => {
      proxy = await faultyKubeProxy(plane);
      return { KUBECONFIG: proxy.kubeconfigPath };
    },
  });
});

afterEach(() => proxy.clear());

afterAll(async () => {
  await cluster?.stop();
  await proxy?.stop();
  await location?.remove();
});

test("told to end, the guard answers what it was asked, takes nothing new and ends in order", async () => {
  const name = await cluster.namespace();
  await backUp(name, cluster, { location: url });
  const claims = `/api/v1/namespaces/${name}/persistentvolumeclaims`;
  const { promise: closed, resolve: goOn } = Promise.withResolvers<void>();
  proxy.add({ when: ({ path }) => path === claims, fault: { heldUntil: closed }, times: 1 });
  const answer = cluster.remove(name, cluster.alice, "?dryRun=All");
  await eventually("the review is under way", async () => proxy.requests.some(({ path }) => path === claims));
  const ended = cluster.guard.stop();
  await eventually("it takes nothing new", async () => !(await isListening(cluster.guard.port)));
  // With a port that is open until it has answered, the review would be out of time, and refused, by now.
  goOn();
  const { status, text } = await answer;
  expect({ status, text }).toMatchObject({ status: 200 });
  await ended;
  expect((await cluster.guard.log()).trimEnd().split("\n").at(-1)).toBe("exit status 0");
  await cluster.guard.start();
});

/** For all that is asked from now on; the guard takes up to a minute to hear of it, unless it is started anew. */
async function setClock(shiftMs: number): Promise<void> {
  proxy.clear();
  if (shiftMs !== 0) proxy.add({ when: () => true, fault: { shiftDateMs: shiftMs } });
  await cluster.guard.stop();
  await cluster.guard.start();
}

const save = (name: string) =>
  backUp(name, { plane: { kubeconfigPath: proxy.kubeconfigPath } }, { location: url });

test("an API server an hour behind makes backups as good as any; one an hour ahead makes none that count", async () => {
  const limited = () => cluster.namespace(PROTECTED, { [`${KEY}/max-age`]: "10m" });
  const [behind, ahead] = [await limited(), await limited()];
  await setClock(-HOUR_MS);
  await save(behind);
  expect((await cluster.remove(behind)).status).toBe(200);
  await setClock(HOUR_MS);
  await save(ahead);
  expect(messageOf(await cluster.remove(ahead))).toContain(
    "it ended later than its location says it was stored",
  );
});

test("an API server's clock that is set since makes a new backup older, or one of a time to come", async () => {
  const name = await cluster.namespace(PROTECTED, { [`${KEY}/max-age`]: "30m" });
  await setClock(0);
  await save(name);
  await setClock(HOUR_MS);
  expect(messageOf(await cluster.remove(name))).toMatch(/its newest backup .*: it is (59|6\d)m old/);
  await setClock(-HOUR_MS);
  expect(messageOf(await cluster.remove(name))).toContain("it records a time that has not come yet");
  await setClock(0);
  expect((await cluster.remove(name)).status).toBe(200);
});
