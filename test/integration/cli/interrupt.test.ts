import { setTimeout as sleep } from "node:timers/promises";
import pLimit from "p-limit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RecordedRequest } from "#test/harness/faults.ts";
import { isUploadCompletion } from "#test/harness/faults.ts";
import { faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { runCli, startCli } from "#test/harness/run-cli.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { sharedCluster, sharedS3, uniqueName } from "#test/harness/shared.ts";
import { type KillMoment, reportKillMoments, STEPS, seededRandom } from "./kill-moments.ts";
import { KILLED_NAME, killAndJudge } from "./killed-run.ts";
import { folderStrike, isWriteOf, type Phase, strikeAtRequest } from "./strikes.ts";
import { directoryLocation, incompressible, s3Location } from "./test-location.ts";

const SEED = Number(process.env["KILL_SEED"] ?? 20_260_501);
const DRAWN = 12;
/** Two processes at a time: one is mostly starting while the other waits for its strike. */
const atOnce = pLimit(2);
const random = seededRandom(SEED);
const cluster = sharedCluster();
const { kubeconfigPath: kubeconfig } = cluster;
const admin = cluster.adminClient();
const [small, large] = [uniqueName("small"), uniqueName("large")];
const moments: KillMoment[] = [];

type Signal = KillMoment["signal"];
/** Eight for each step. */
const STRIKES: readonly (readonly [Phase, Signal])[] = [
  ["before", "SIGKILL"],
  ["before", "SIGINT"],
  ["before", "SIGTERM"],
  ["held", "SIGKILL"],
  ["held", "SIGKILL"],
  ["held", "SIGINT"],
  ["after", "SIGKILL"],
  ["after", "SIGINT"],
];
const SIGNALS: readonly Signal[] = ["SIGKILL", "SIGINT", "SIGTERM"];

beforeAll(async () => {
  Object.assign(process.env, s3Environment(sharedS3()));
  const configMap = (namespace: string, name: string, text: string) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    data: { text },
  });
  await admin.apply([
    ...[small, large].map((name) => ({ apiVersion: "v1", kind: "Namespace", metadata: { name } })),
    ...["a", "b", "c"].map((name) => configMap(small, name, name)),
    // More than one part of 6 MiB after compression.
    ...Array.from({ length: 10 }, (_, n) => configMap(large, `blob-${n}`, incompressible(950_000))),
  ]);
});

afterAll(async () => {
  await reportKillMoments(SEED, moments);
  for (const name of [small, large]) await admin.delete(`/api/v1/namespaces/${name}`);
  admin.close();
});

async function inDirectory(
  moment: Pick<KillMoment, "series" | "aim" | "signal">,
  strikeIn: (root: string) => Promise<() => Promise<void>>,
): Promise<void> {
  const location = await directoryLocation();
  try {
    const strike = await strikeIn(location.path);
    moments.push(await killAndJudge({ location, kubeconfig, namespace: small, moment, strike }));
  } finally {
    await location.remove();
  }
}

type S3Strike = {
  readonly moment: Pick<KillMoment, "series" | "aim" | "signal">;
  readonly namespace?: string;
  readonly strike: (proxy: Awaited<ReturnType<typeof faultyS3Proxy>>) => Promise<void>;
};

async function inS3({ moment, namespace = small, strike }: S3Strike): Promise<void> {
  const proxy = await faultyS3Proxy(sharedS3());
  const location = s3Location(proxy);
  const run = { location, kubeconfig, namespace, moment, afterwards: proxy.clear };
  try {
    moments.push(await killAndJudge({ ...run, strike: () => strike(proxy) }));
  } finally {
    await proxy.stop();
    await location.remove();
  }
}

async function measure(location: { readonly url: string; readonly env: Readonly<Record<string, string>> }) {
  const args = ["-n", small, "--include-resources", "configmaps", "--location", location.url];
  const { code, durationMs, stderr } = await runCli(["create", KILLED_NAME, ...args], {
    kubeconfig,
    env: location.env,
  });
  expect(code, stderr).toBe(0);
  return durationMs;
}

describe("killed or interrupted at moments drawn over the duration of a run (case 20)", () => {
  test("in a folder", async () => {
    const location = await directoryLocation();
    const durationMs = await measure(location);
    await location.remove();
    const drawn = Array.from({ length: DRAWN }, (_, n) => [random() * durationMs, SIGNALS[n % 3]] as const);
    await Promise.all(
      drawn.map(([atMs, signal = "SIGKILL"]) =>
        atOnce(() =>
          inDirectory(
            { series: "drawn", aim: `${Math.round(atMs)} ms`, signal },
            async () => () => sleep(atMs),
          ),
        ),
      ),
    );
  });

  test("in a bucket", async () => {
    const location = s3Location();
    const durationMs = await measure(location);
    await location.remove();
    const drawn = Array.from({ length: DRAWN }, (_, n) => [random() * durationMs, SIGNALS[n % 3]] as const);
    await Promise.all(
      drawn.map(([atMs, signal = "SIGKILL"]) =>
        atOnce(() =>
          inS3({
            moment: { series: "drawn", aim: `${Math.round(atMs)} ms`, signal },
            strike: () => sleep(atMs),
          }),
        ),
      ),
    );
  });
});

describe("killed or interrupted at the step", () => {
  test.each(STEPS)("%s, in a folder", async (step) => {
    await Promise.all(
      STRIKES.map(([phase, signal]) => {
        const when = { phase, delayMs: phase === "held" ? 0 : random() * 3 };
        return atOnce(() =>
          inDirectory({ series: "placed", aim: step, signal }, (root) => folderStrike(root, step, when)),
        );
      }),
    );
  });

  test.each(STEPS)("%s, in a bucket", async (step) => {
    await Promise.all(
      STRIKES.map(([phase, signal]) => {
        const when = { phase, delayMs: random() * 15 };
        const strike: S3Strike["strike"] = (proxy) => strikeAtRequest(proxy, isWriteOf(step), when);
        return atOnce(() => inS3({ moment: { series: "placed", aim: step, signal }, strike }));
      }),
    );
  });

  test("between the commit and the removal of the claim, in a bucket: the next backup removes it", async () => {
    const proxy = await faultyS3Proxy(sharedS3());
    const location = s3Location(proxy);
    const create = (name: string) => {
      const what = ["-n", small, "--include-resources", "configmaps", "--location", location.url];
      return startCli(["create", name, ...what], { kubeconfig, env: location.env });
    };
    const running = await create(KILLED_NAME);
    const isRemoval = ({ method, path }: RecordedRequest) => method === "DELETE" && path.includes("claim");
    await strikeAtRequest(proxy, isRemoval, { phase: "before", delayMs: 0 });
    running.signal("SIGKILL");
    await running.result;
    proxy.clear();
    const strays = async () => (await location.contents()).filter((path) => /claim|upload:/.test(path));
    expect(await strays()).toHaveLength(1);
    expect(await (await create("other")).result).toMatchObject({ code: 0 });
    expect(await strays()).toEqual([]);
    expect(await location.contents()).toHaveLength(16);
    await proxy.stop();
    await location.remove();
  });

  const isPart = (number: number) => (request: RecordedRequest) =>
    request.method === "PUT" && request.query.includes(`partNumber=${number}`);
  test.each([
    [
      "upload begun",
      ({ method, query }: RecordedRequest) => method === "POST" && query.startsWith("uploads"),
    ],
    ["part 1", isPart(1)],
    ["part 2", isPart(2)],
    ["completion", isUploadCompletion],
  ] as const)("of an archive of several parts: %s", async (aim, isMeant) => {
    const some = STRIKES.filter(([phase, signal]) => phase !== "after" && signal !== "SIGTERM");
    await Promise.all(
      some.map(([phase, signal]) => {
        const strike: S3Strike["strike"] = (proxy) => strikeAtRequest(proxy, isMeant, { phase, delayMs: 0 });
        return atOnce(() => inS3({ moment: { series: "multipart", aim, signal }, namespace: large, strike }));
      }),
    );
  });
});
