import { spawn } from "node:child_process";

export type CommandOptions = {
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
};

/** Runs a command to its end and returns its stdout; throws with its stderr when it fails. */
export function runCommand(
  command: string,
  args: readonly string[],
  { stdin = "", env = {}, cwd }: CommandOptions = {},
): Promise<string> {
  const child = spawn(command, [...args], { cwd, env: { ...process.env, ...env } });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  // A command that does not read its input closes the pipe; its exit code tells the rest.
  child.stdin.on("error", () => undefined).end(stdin);
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      if (code === 0) resolve(stdout);
      else reject(new Error(`${command} ${args.join(" ")} ended with ${code}:\n${stderr}${stdout}`));
    });
  });
}
