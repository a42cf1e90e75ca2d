import { expect } from "vitest";
import type { CliResult } from "#test/harness/run-cli.ts";
import { sharedS3 } from "#test/harness/shared.ts";

export type Refusal = {
  readonly code: number;
  /** What happened. */
  readonly error: RegExp;
  /** What to type next. */
  readonly hint: RegExp;
  /** Further texts that nobody may read. */
  readonly secrets?: readonly string[];
};

/** A command that was refused as it should be: its exit code, why, what to do, and not a word too much. */
export function expectRefusal(result: CliResult, { code, error, hint, secrets = [] }: Refusal): void {
  const { stdout, stderr } = result;
  expect({ code: result.code, stdout, stderr }).toEqual({
    code,
    stdout: "",
    stderr: expect.stringMatching(new RegExp(`^error: .*(${error.source})`, "m")),
  });
  expect(stderr).toMatch(new RegExp(`^hint: .*(${hint.source})`, "m"));
  expect(stderr).not.toMatch(/defect|\n\s+at /);
  expectNoSecret(result, secrets);
}

export function expectNoSecret({ stdout, stderr }: CliResult, secrets: readonly string[] = []): void {
  for (const secret of [sharedS3().secretAccessKey, ...secrets]) {
    expect(`${stdout}${stderr}`).not.toContain(secret);
  }
}
