import type { App } from "./app.ts";
import { answerAtOnce } from "./front.ts";

/**
 * Answers what the front knows, hands everything else to the program. Sets process.exitCode instead of exiting, so that
 * pipes drain. The first Ctrl-C or SIGTERM aborts the run, which cleans up behind itself; the second exits at once.
 */
const aborter = new AbortController();

function onSignal(): void {
  if (aborter.signal.aborted) process.exit(130);
  aborter.abort();
  app.stderr.write("\ninterrupted: cleaning up (once more to leave at once)\n");
}

/** A reader that closed its end (head, less) has seen enough: not an error. */
function endWithoutReader(error: NodeJS.ErrnoException): void {
  if (error.code === "EPIPE") process.exit(0);
  app.stderr.write(`error: the output cannot be written: ${error.message}\n`);
  process.exit(1);
}

/** Nobody reads the messages, or the disk behind them is full: the run still has its work, and its exit code, to finish. */
function goOnUnread(): void {}

let guardedStderr: App["stderr"] | undefined;

/** This process. Node takes 5 ms to open standard input and 1 ms for the error stream, which many commands never use. */
const app: App = {
  argv: process.argv.slice(2),
  env: process.env,
  get stdin() {
    return process.stdin;
  },
  stdout: process.stdout.on("error", endWithoutReader),
  get stderr() {
    guardedStderr ??= process.stderr.on("error", goOnUnread);
    return guardedStderr;
  },
  signal: aborter.signal,
  now: () => new Date(),
  verbosity: 0,
  quiet: false,
};

/** Runs what the front cannot answer. */
async function runToTheEnd(): Promise<void> {
  process.on("SIGINT", onSignal);
  process.on("SIGTERM", onSignal);
  try {
    const { runProgram } = await import("./program.ts");
    process.exitCode = await runProgram(app);
  } catch (error) {
    const text = error instanceof Error ? error.stack : String(error);
    app.stderr.write(`error: this is a defect in kubectl-backup:\n${text}\n`);
    process.exitCode = 1;
  }
}

const answer = answerAtOnce(app.argv, process.stdout.columns);
if (answer === undefined) void runToTheEnd();
else app.stdout.write(answer);
