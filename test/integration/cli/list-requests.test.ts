import pLimit from "p-limit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { faultyS3Proxy } from "#test/harness/faulty-proxy.ts";
import { runCli } from "#test/harness/run-cli.ts";
import { createS3Client } from "#test/harness/s3-client.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedCluster, sharedS3 } from "#test/harness/shared.ts";
import { s3Location } from "./test-location.ts";

const BACKUPS = 1000;
const { kubeconfigPath: kubeconfig } = sharedCluster();
const s3 = createS3Client(sharedS3());
const proxy = await faultyS3Proxy(sharedS3());
const location = s3Location(proxy);
const nameOf = (n: number) => `backup-${String(n).padStart(4, "0")}`;
let home: Scratch;
let commit: string;

beforeAll(async () => {
  home = await scratchDirectory("home");
  const what = ["-n", "default", "--include-resources", "configmaps"];
  const made = await runCli(["create", "original", ...what, "--location", location.url], {
    kubeconfig,
    env: location.env,
  });
  expect(made.code, made.stderr).toBe(0);
  commit = (await s3.getObject(keyOf("original"))).toString();
  await location.remove();
  const atOnce = pLimit(16);
  await Promise.all(Array.from({ length: BACKUPS }, (_, n) => atOnce(() => putCopy(nameOf(n)))));
});

afterAll(async () => {
  await proxy.stop();
  await location.remove();
  await home.remove();
});

const keyOf = (name: string) => `${location.prefix}/backups/${name}/velero-backup.json`;
const putCopy = (name: string) => s3.putObject(keyOf(name), commit.replaceAll("original", name));

/** Runs `get` and counts what it asked the store for. */
async function countRequests(): Promise<{
  readonly listed: number;
  readonly lists: number;
  readonly reads: number;
}> {
  const before = proxy.requests.length;
  const { code, stdout, stderr } = await runCli(["get", "-o", "json", "--location", location.url], {
    kubeconfig,
    env: location.env,
    home: home.path,
  });
  expect(code, stderr).toBe(0);
  const asked = proxy.requests.slice(before);
  const isList = ({ query }: { readonly query: string }) => query.includes("list-type=2");
  const lists = asked.filter(isList);
  for (const { query } of lists) expect(query).not.toContain("delimiter");
  expect(asked.every(({ method }) => method === "GET")).toBe(true);
  return {
    listed: JSON.parse(stdout).backups.length,
    lists: lists.length,
    reads: asked.length - lists.length,
  };
}

test("1,000 backups take one paged listing and one read for each commit object that is not known yet", async () => {
  const first = await countRequests();
  expect(first).toEqual({ listed: BACKUPS, lists: first.lists, reads: BACKUPS });
  // A page holds at most a thousand keys, of which each backup here has one.
  expect(first.lists).toBeLessThanOrEqual(2);

  expect(await countRequests()).toEqual({ listed: BACKUPS, lists: first.lists, reads: 0 });

  await s3.deleteObject(keyOf(nameOf(7)));
  await putCopy(nameOf(BACKUPS));
  await s3.deleteObject(keyOf(nameOf(8)));
  await s3.putObject(keyOf(nameOf(8)), `${commit.replaceAll("original", nameOf(8))} `);
  expect(await countRequests()).toEqual({ listed: BACKUPS, lists: first.lists, reads: 2 });
});
