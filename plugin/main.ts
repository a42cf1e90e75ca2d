import type { App } from "./app.ts";
import { TOOL_VERSION } from "./tool-version.ts";

/**
 * The front: answers --version without loading anything, hands everything else to the command line proper. Sets
 * process.exitCode instead of exiting, so that pipes drain. The first Ctrl-C or SIGTERM aborts the run, which cleans up
 * behind itself; the second exits at once.
 */
const aborter = new AbortController();

function onSignal(): void {
  if (aborter.signal.aborted) process.exit(130);
  aborter.abort();
  process.stderr.write("\ninterrupted: cleaning up (once more to leave at once)\n");
}

/** A reader that closed its end (head, less) has seen enough: not an error. */
function endQuietlyOnClosedPipe(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  throw error;
}

async function main(app: App): Promise<number> {
  if (app.argv[0] === "__complete") {
    const { runComplete } = await import("./complete.ts");
    await runComplete(app.argv.slice(1), app);
    return 0;
  }
  const { runCli } = await import("./cli.ts");
  return runCli(app);
}

const argv = process.argv.slice(2);
if (argv.length === 1 && argv[0] === "--version") {
  process.stdout.write(`kubectl-backup ${TOOL_VERSION}\n`);
} else {
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  process.stdout.on("error", endQuietlyOnClosedPipe);
  process.stderr.on("error", endQuietlyOnClosedPipe);
  const { stdin, stdout, stderr, env } = process;
  main({
    argv,
    env,
    stdin,
    stdout,
    stderr,
    signal: aborter.signal,
    now: () => new Date(),
    verbosity: 0,
    quiet: false,
  }).then(
    (code) => {
      process.exitCode = code;
    },
    (error: unknown) => {
      stderr.write(
        `error: this is a defect in kubectl-backup:\n${error instanceof Error ? error.stack : String(error)}\n`,
      );
      process.exitCode = 1;
    },
  );
}
