import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "#test/harness/run-cli.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";

let scratch: Awaited<ReturnType<typeof scratchDirectory>>;
beforeAll(async () => {
  scratch = await scratchDirectory("location-check");
});
afterAll(() => scratch.remove());

const check = (path: string) => runCli(["location", "check", pathToFileURL(join(scratch.path, path)).href]);

test("a folder that does not exist yet is not made, and the check says what makes it and where", async () => {
  const { code, stdout, stderr } = await check("deep/er/backups");
  expect(code, stderr).toBe(0);
  expect(stdout).toMatch(/^exist +ok +not yet: the first backup makes it$/m);
  expect(stdout).toContain(`may be made in ${scratch.path}; nothing was written`);
  expect(await readdir(scratch.path)).toEqual([]);
});

test("where it could not be made the check fails", async () => {
  // Mounting takes root, which these tests are run as; root may write wherever the file system lets anybody.
  await runCommand("mount", ["-t", "tmpfs", "-o", "ro,size=1m", "read-only", scratch.path]);
  try {
    const { code, stdout, stderr } = await check("backups");
    expect(code).toBe(7);
    expect(stdout).toMatch(/^make +failed/m);
    expect(stderr).toMatch(/read-only/);
  } finally {
    await runCommand("umount", [scratch.path]);
  }
});

test("a folder that is there is written to, and then as empty as before", async () => {
  const { code, stdout } = await runCli(["location", "check", pathToFileURL(scratch.path).href]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/^delete +ok +gone$/m);
  expect(await readdir(scratch.path)).toEqual([]);
});
