import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openAccess } from "#core/kube/access/access.ts";
import { createAuthority, issueClient, type KeyPair } from "#test/harness/certificates.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

const signal = new AbortController().signal;
let scratch: Scratch;
let authority: KeyPair;
beforeAll(async () => {
  scratch = await scratchDirectory("certificate-files");
  authority = await createAuthority("cluster");
});
afterAll(() => scratch.remove());

const file = (name: string) => join(scratch.path, name);
const issue = () => issueClient(authority, { user: "me" });

async function put({ cert, key }: Partial<KeyPair>): Promise<void> {
  if (cert !== undefined) await writeFile(file("tls.crt"), cert);
  if (key !== undefined) await writeFile(file("tls.key"), key);
}

async function open(now: () => number, user: object = {}) {
  const content = {
    "current-context": "ctx",
    contexts: [{ name: "ctx", context: { cluster: "c", user: "u" } }],
    clusters: [{ name: "c", cluster: { server: "https://api.example.com" } }],
    users: [{ name: "u", user: { "client-certificate": "tls.crt", "client-key": "tls.key", ...user } }],
  };
  await writeFile(file("config"), JSON.stringify(content));
  return openAccess({ kubeconfig: file("config"), env: {}, interactive: false, now });
}

test("a client certificate that is replaced on disk is taken up within a minute, beside a token too", async () => {
  const [one, two] = [await issue(), await issue()];
  await put(one);
  let now = 0;
  const access = await open(() => now, { token: "abc" });
  const before = await access.tls(signal);
  expect(before).toMatchObject(one);
  await put(two);
  now = 59_999;
  expect(await access.tls(signal)).toBe(before);
  now = 60_000;
  expect(await access.tls(signal)).toMatchObject(two);
  expect(await access.headers(signal)).toEqual({ authorization: "Bearer abc" });
  const headers = await access.headers(signal);
  now = 120_000;
  expect(await access.tls(signal)).toBe(await access.tls(signal));
  expect(await access.headers(signal)).toBe(headers);
});

test("half of a replacement, and files that are gone, leave the last good pair in use", async () => {
  const [one, two] = [await issue(), await issue()];
  await put(one);
  let now = 0;
  const access = await open(() => now);
  expect(await access.tls(signal)).toMatchObject(one);
  await put({ cert: two.cert });
  now = 60_000;
  expect(await access.tls(signal)).toMatchObject(one);
  await rm(file("tls.key"));
  now = 120_000;
  expect(await access.tls(signal)).toMatchObject(one);
  await put({ key: two.key });
  now = 180_000;
  expect(await access.tls(signal)).toMatchObject(two);
});

test("after a refusal the files are looked at at once: another try makes sense when they have changed", async () => {
  const [one, two] = [await issue(), await issue()];
  await put(one);
  const access = await open(() => 0);
  const refused = await access.headers(signal);
  expect(await access.renew(refused, signal)).toBe(false);
  await put(two);
  expect(await access.renew(refused, signal)).toBe(true);
  expect(await access.tls(signal)).toMatchObject(two);
});
