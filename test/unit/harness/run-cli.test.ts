import { expect, test } from "vitest";
import { runCli, startCli } from "#test/harness/run-cli.ts";

// A shell stands in for the product: what is tested here is how it is run.
const shell = { command: "/bin/sh" };

test("output, exit code and input pass through", async () => {
  const result = await runCli(["-c", "cat; echo oops >&2; exit 3"], { ...shell, stdin: "given" });
  expect(result).toMatchObject({ code: 3, signal: null, stdout: "given", stderr: "oops\n" });
});

test("nothing of the tester's own environment is seen but PATH; HOME is a folder that is gone afterwards", async () => {
  const { stdout } = await runCli(["-c", 'echo "$HOME"; env'], { ...shell, env: { MINE: "yes" } });
  const [home = "", ...lines] = stdout.split("\n");
  const names = lines.map((line) => line.split("=")[0]);
  expect(home).toMatch(/kubectl-backup-test-/);
  expect(names).toContain("MINE");
  expect(names).not.toContain("VITEST");
  const again = await runCli(["-c", `test -e "${home}"`], shell);
  expect(again.code).toBe(1);
});

test("it can be killed at the moment a line appears", async () => {
  const running = await startCli(["-c", "echo start; echo now >&2; exec sleep 60"], shell);
  expect(await running.waitForLine(/^now/)).toBe("now");
  running.signal("SIGKILL");
  expect(await running.result).toMatchObject({ code: null, signal: "SIGKILL", stdout: "start\n" });
});

test("waiting for a line that never comes ends with the program", async () => {
  const running = await startCli(["-c", "echo other"], shell);
  await expect(running.waitForLine(/^now/)).rejects.toThrow("ended without a line");
});

test("a program that was not built is named with the command that builds it", async () => {
  await expect(runCli([], { command: "/nowhere/kubectl-backup" })).rejects.toThrow("make build");
});
