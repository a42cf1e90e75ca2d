import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { tokenFileCredential } from "#core/kube/access/token-file.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

const signal = new AbortController().signal;
let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchDirectory("token-file");
});
afterAll(() => scratch.remove());

test("the file is read again after a minute, and the last token holds while it cannot be read", async () => {
  const file = join(scratch.path, "token");
  let now = 0;
  await writeFile(file, "one\n");
  const source = tokenFileCredential(file, undefined, () => now);
  expect(await source.current(signal)).toEqual({ authorization: "Bearer one" });
  await writeFile(file, "two");
  now = 59_999;
  expect(await source.current(signal)).toEqual({ authorization: "Bearer one" });
  now = 60_000;
  expect(await source.current(signal)).toEqual({ authorization: "Bearer two" });
  await rm(file);
  now = 120_000;
  expect(await source.current(signal)).toEqual({ authorization: "Bearer two" });
});

test("a rejected token is another try worth only when the file has a new one", async () => {
  const file = join(scratch.path, "rejected");
  await writeFile(file, "one");
  const source = tokenFileCredential(file, undefined, () => 0);
  const rejected = await source.current(signal);
  expect(await source.renew(rejected, signal)).toBe(false);
  await writeFile(file, "two");
  expect(await source.renew(rejected, signal)).toBe(true);
});

test("without the file the written token is used, and without both it fails by name", async () => {
  const file = join(scratch.path, "absent");
  const written = tokenFileCredential(file, "written", () => 0);
  expect(await written.current(signal)).toEqual({ authorization: "Bearer written" });
  const neither = tokenFileCredential(file, undefined, () => 0);
  await expect(neither.current(signal)).rejects.toMatchObject({
    code: "credentials-failed",
    message: expect.stringContaining(file),
  });
});
