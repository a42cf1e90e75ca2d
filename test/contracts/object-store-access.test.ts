/** What a wrong address, wrong keys or a locked bucket look like, and how credentials are found. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { openStore } from "#core/storage/open-store.ts";
import { parseLocation } from "#core/storage/parse-location.ts";
import { freePort } from "#test/harness/ports.ts";
import { createS3Client } from "#test/harness/s3-client.ts";
import { startS3Server } from "#test/harness/s3-server.ts";
import { listAll, uploadAll } from "./store-under-test.ts";

const signal = new AbortController().signal;
let s3: Awaited<ReturnType<typeof startS3Server>>;
let folder: string;

beforeAll(async () => {
  s3 = await startS3Server({ versioning: true });
});
afterAll(() => s3.stop());

beforeEach(async () => {
  // A folder for each test: the SDK remembers what it read from a path.
  folder = await mkdtemp(join(tmpdir(), "access-"));
  for (const name of Object.keys(process.env)) if (name.startsWith("AWS_")) vi.stubEnv(name, undefined);
  vi.stubEnv("AWS_EC2_METADATA_DISABLED", "true");
  vi.stubEnv("AWS_CONFIG_FILE", join(folder, "config"));
  vi.stubEnv("AWS_SHARED_CREDENTIALS_FILE", join(folder, "credentials"));
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(folder, { recursive: true });
});

function useKeys(id = s3.accessKeyId, secret = s3.secretAccessKey): void {
  vi.stubEnv("AWS_ACCESS_KEY_ID", id);
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", secret);
}

async function open(options = "", { bucket = s3.bucket, endpoint = s3.endpoint } = {}) {
  const { store } = await openStore(parseLocation(`s3://${bucket}/access?endpoint=${endpoint}${options}`));
  return store;
}

test("a bucket that does not exist is told as missing", async () => {
  useKeys();
  const store = await open("", { bucket: "nowhere" });
  await expect(listAll(store, "")).rejects.toMatchObject({ code: "location-missing" });
  await expect(store.put("a", Buffer.from("x"), signal)).rejects.toMatchObject({ code: "location-missing" });
});

test("a wrong secret and an unknown key are told as forbidden, and the secret is not told at all", async () => {
  for (const [id, secret] of [
    [s3.accessKeyId, "hunter2hunter2"],
    ["nobody", "hunter2hunter2"],
  ] as const) {
    useKeys(id, secret);
    const failure = await listAll(await open(), "").catch((error: unknown) => error);
    expect(failure, String(failure)).toMatchObject({ code: "location-forbidden" });
    expect(JSON.stringify(failure) + failure + Object(failure).cause).not.toContain("hunter2");
  }
});

test("without credentials the failure says how to give them", async () => {
  const failure = { code: "location-forbidden", hint: expect.stringContaining("AWS_ACCESS_KEY_ID") };
  await expect(listAll(await open(), "")).rejects.toMatchObject(failure);
});

test("credentials come from the profile that the location names", async () => {
  const keys = `aws_access_key_id = ${s3.accessKeyId}\naws_secret_access_key = ${s3.secretAccessKey}\n`;
  await writeFile(join(folder, "credentials"), `[backup]\n${keys}`, { mode: 0o600 });
  expect((await listAll(await open("&profile=backup"), "")).keys).toEqual([]);
});

test("credentials come from a command that the profile names", async () => {
  const reply = { Version: 1, AccessKeyId: s3.accessKeyId, SecretAccessKey: s3.secretAccessKey };
  await writeFile(join(folder, "reply.json"), JSON.stringify(reply), { mode: 0o600 });
  await writeFile(
    join(folder, "config"),
    `[profile run]\ncredential_process = cat ${join(folder, "reply.json")}\n`,
  );
  expect((await listAll(await open("&profile=run"), "")).keys).toEqual([]);
});

test("a wrong region is told with the right one", async () => {
  useKeys();
  const failure = { code: "location-wrong-region", hint: expect.stringContaining("region=us-east-1") };
  await expect(listAll(await open("&region=eu-west-1"), "")).rejects.toMatchObject(failure);
});

test("an address where nothing listens is unreachable", async () => {
  useKeys();
  const store = await open("", { endpoint: `http://127.0.0.1:${await freePort()}` });
  await expect(listAll(store, "")).rejects.toMatchObject({ code: "location-unreachable" });
});

test("a read-only location reads and writes nothing", async () => {
  useKeys();
  const store = await open("&readOnly=true");
  expect((await listAll(store, "")).keys).toEqual([]);
  await expect(store.put("a", Buffer.from("x"), signal)).rejects.toMatchObject({
    code: "location-read-only",
  });
});

test("objects of a location with object lock are locked, single puts and uploads in parts", async () => {
  useKeys();
  const raw = createS3Client({ ...s3, bucket: "locked" });
  const made = await raw.request("PUT", "", { headers: { "x-amz-bucket-object-lock-enabled": "true" } });
  expect(made.status).toBe(200);
  const store = await open("&objectLock=GOVERNANCE,1d", { bucket: "locked" });
  await store.put("small", Buffer.from("x"), signal);
  await uploadAll(store, "large", [Buffer.alloc(7_000_000)]);
  for (const key of ["small", "large"]) {
    const head = await raw.request("HEAD", `access/${key}`);
    expect(head.headers.get("x-amz-object-lock-mode")).toBe("GOVERNANCE");
    const until = Date.parse(head.headers.get("x-amz-object-lock-retain-until-date") ?? "");
    expect(Math.abs(until - Date.now() - 86_400_000)).toBeLessThan(120_000);
    const version = head.headers.get("x-amz-version-id");
    expect((await raw.request("DELETE", `access/${key}`, { query: `versionId=${version}` })).status).toBe(
      403,
    );
  }
});

test("a versioned bucket tells the version that was written", async () => {
  useKeys();
  const store = await open();
  expect((await store.put("versioned/small", Buffer.from("x"), signal)).versionId).toMatch(/./);
  expect((await uploadAll(store, "versioned/large", [Buffer.alloc(7_000_000)])).versionId).toMatch(/./);
});
