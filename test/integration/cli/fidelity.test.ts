import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { customKind } from "#test/integration/restore/rig.ts";
import { directoryLocation, type TestLocation } from "./test-location.ts";

const { kubeconfigPath: kubeconfig, ...cluster } = sharedCluster();
const admin = cluster.adminClient();
const namespace = uniqueName("fidelity");
const copy = `${namespace}-copy`;
const ALL_BYTES = Buffer.from(Uint8Array.from({ length: 256 }, (_, byte) => byte)).toString("base64");
const LONGEST_NAME = "n".repeat(253);
let location: TestLocation;
let counters: Awaited<ReturnType<typeof customKind>>;

beforeAll(async () => {
  location = await directoryLocation();
  counters = await customKind({ client: admin });
  const configMap = (name: string, fields: object) => ({
    apiVersion: "v1",
    kind: "ConfigMap",
    metadata: { name, namespace },
    ...fields,
  });
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    configMap("bytes", { binaryData: { all: ALL_BYTES } }),
    configMap(LONGEST_NAME, { data: { key: "value" } }),
    {
      apiVersion: "v1",
      kind: "Pod",
      metadata: { name: "slow", namespace },
      spec: { terminationGracePeriodSeconds: 9007199254740993n, containers: [{ name: "c", image: "x" }] },
    },
    {
      ...counters.type,
      metadata: { name: "big", namespace },
      spec: { odd: 9007199254740993n, largest: 9223372036854775807n },
    },
  ]);
  const created = await ours("create", "all", "-n", namespace);
  expect(created.code, created.stderr).toBe(0);
  const mapping = ["--namespace-mapping", `${namespace}:${copy}`, "--wait=false"];
  const restored = await ours("restore", "all", ...mapping);
  expect(restored.code, restored.stderr).toBe(0);
});
afterAll(async () => {
  for (const name of [namespace, copy]) await admin.delete(`/api/v1/namespaces/${name}`);
  await counters.remove();
  admin.close();
  await location.remove();
});

const ours = (...args: string[]) => runCli([...args, "--location", location.url], { kubeconfig });
/** Past any number parser: the server's own text. */
const textOf = async (path: string) => (await admin.request("GET", path)).text;

test("integers that no double holds have the same digits in another namespace (case 7)", async () => {
  expect(await textOf(`${counters.path(copy)}/big`)).toContain(
    '"spec":{"largest":9223372036854775807,"odd":9007199254740993}',
  );
  expect(await textOf(`/api/v1/namespaces/${copy}/pods/slow`)).toContain(
    '"terminationGracePeriodSeconds":9007199254740993,',
  );
});

test("binary data of all byte values comes back as it was (case 8)", async () => {
  const back = await admin.get(`/api/v1/namespaces/${copy}/configmaps/bytes`);
  expect(back["binaryData"]).toEqual({ all: ALL_BYTES });
});

test("an object comes back whose name is as long as a name may be (case 9)", async () => {
  const back = await admin.get(`/api/v1/namespaces/${copy}/configmaps/${LONGEST_NAME}`);
  expect(back["data"]).toEqual({ key: "value" });
});
