import { spawn } from "node:child_process";
import { stripVTControlCharacters } from "node:util";
import { requireCommand } from "./prerequisites.ts";

export interface TypedShell {
  /** Types keys as they are: \t asks for completion, \r ends a line. */
  type(keys: string): void;
  /** What the terminal shows from now on, until it matches. */
  shows(pattern: RegExp): Promise<string>;
  close(): Promise<void>;
}

const PATIENCE_MS = 10_000;

/** An interactive shell at a terminal of its own (script of bsdutils makes it). */
export function typeInto(command: string, env: Readonly<Record<string, string>>): TypedShell {
  requireCommand("script");
  const child = spawn("script", ["-qfc", command, "/dev/null"], {
    env: { ...env, TERM: "dumb", SHELL: "/bin/sh" },
    stdio: ["pipe", "pipe", "ignore"],
  });
  const ended = new Promise<void>((resolve) => {
    child.once("close", () => resolve());
  });
  let shown = "";
  let onText: () => void = () => undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    shown += stripVTControlCharacters(text).replaceAll(/(?!\n)\p{Cc}/gu, "");
    onText();
  });
  return {
    type: (keys) => void child.stdin.write(keys),
    shows: (pattern) =>
      new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`${command} does not show ${pattern}, but:\n${shown}`));
        }, PATIENCE_MS);
        onText = () => {
          if (!pattern.test(shown)) return;
          clearTimeout(timer);
          onText = () => undefined;
          resolve(shown);
          shown = "";
        };
        onText();
      }),
    close: async () => {
      child.stdin.end();
      child.kill();
      await ended;
    },
  };
}
