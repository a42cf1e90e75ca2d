import { watch } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { RecordedRequest } from "#test/harness/faults.ts";
import type { FaultyProxy } from "#test/harness/reverse-proxy.ts";
import { fileOfStep, STEPS, type Step } from "./kill-moments.ts";
import { KILLED_NAME } from "./killed-run.ts";

/** Before the store hears of it; when it is done and nobody knows; when the reply has gone out. */
export type Phase = "before" | "held" | "after";

/** Longer than a process needs to die, shorter than a client's patience. */
const HOLD_MS = 400;

/** In front of S3: resolves at this phase of the first such request, which then waits. */
export async function strikeAtRequest(
  proxy: FaultyProxy,
  isMeant: (request: RecordedRequest) => boolean,
  { phase, delayMs }: { readonly phase: Phase; readonly delayMs: number },
): Promise<void> {
  const once = { when: isMeant, times: 1 };
  if (phase === "before") {
    proxy.add({ ...once, fault: { delayMs: HOLD_MS } });
    proxy.add({ ...once, fault: { reply: { status: 503 } } });
  }
  if (phase === "held") proxy.add({ ...once, fault: { holdReplyMs: HOLD_MS } });
  const isThere = (request: RecordedRequest) =>
    isMeant(request) && (phase === "before" || request.status !== undefined);
  while (!proxy.requests.some(isThere)) await sleep(1);
  if (phase === "after") await sleep(delayMs);
}

export function isWriteOf(step: Step): (request: RecordedRequest) => boolean {
  const file = fileOfStep(step, KILLED_NAME);
  return ({ method, path }) => method === "PUT" && file.test(path);
}

/**
 * In a folder: resolves when the file before this step's has its name (before), when the step's temporary file is there
 * (held), or when the step's file has its name (after), and a little later.
 */
export async function folderStrike(
  root: string,
  step: Step,
  { phase, delayMs }: { readonly phase: Phase; readonly delayMs: number },
): Promise<() => Promise<void>> {
  const folder = join(root, "backups", KILLED_NAME);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const seen = Promise.withResolvers<void>();
  const previous = STEPS[STEPS.indexOf(step) - 1];
  const isFile = (of: Step, name: string) => fileOfStep(of, KILLED_NAME).test(`/${name}`);
  let isNext = previous === undefined;
  const watcher = watch(folder, (_, name) => {
    if (name === null) return;
    const [isTemporary, wasNext] = [name.startsWith("."), isNext];
    if (previous !== undefined && isFile(previous, name)) isNext = true;
    const hit = { before: isNext, held: wasNext && isTemporary, after: isFile(step, name) };
    if (hit[phase]) seen.resolve();
  });
  watcher.on("error", () => undefined);
  return async () => {
    await seen.promise;
    if (delayMs > 0) await sleep(delayMs);
    watcher.close();
  };
}
