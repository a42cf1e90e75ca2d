import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import type { App } from "#plugin/app.ts";
import { showFailure } from "#plugin/ui/failure.ts";

function appWith(signal: AbortSignal): { app: App; text: () => string } {
  const stderr = new PassThrough();
  const app = {
    ...{ argv: [], env: {}, stdin: process.stdin, stdout: new PassThrough(), stderr, signal },
    ...{ now: () => new Date(0), verbosity: 0, quiet: false },
  };
  return { app, text: () => String(stderr.read() ?? "") };
}

test("a failure shows what happened and what to type next, without a stack", () => {
  const { app, text } = appWith(new AbortController().signal);
  const code = showFailure(new Failure("backup-not-found", "no backup b1"), app, {
    json: false,
    verbose: false,
  });
  expect(code).toBe(4);
  expect(text()).toBe("error: no backup b1\nhint: kubectl backup get lists the backups\n");
});

test("causes appear with -v only", () => {
  const { app, text } = appWith(new AbortController().signal);
  const failure = new Failure("cluster-unreachable", "no answer", { cause: new Error("ECONNREFUSED") });
  showFailure(failure, app, { json: false, verbose: true });
  expect(text()).toContain("caused by: ECONNREFUSED");
});

test("with -o json the failure is one JSON object", () => {
  const { app, text } = appWith(new AbortController().signal);
  showFailure(new Failure("name-taken", "b1 exists"), app, { json: true, verbose: false });
  expect(JSON.parse(text())).toMatchObject({
    error: { code: "name-taken", message: "b1 exists", exitCode: 5 },
  });
});

test("whatever fails after Ctrl-C, the exit code is 130", () => {
  const aborted = AbortSignal.abort();
  const { app } = appWith(aborted);
  expect(showFailure(new Failure("location-error", "cut off"), app, { json: false, verbose: false })).toBe(
    130,
  );
});

test("control characters from outside are not obeyed in errors", () => {
  const { app, text } = appWith(new AbortController().signal);
  showFailure(new Failure("cluster-error", "the server said \u001b[2J"), app, {
    json: false,
    verbose: false,
  });
  expect(text()).not.toContain("\u001b");
});
