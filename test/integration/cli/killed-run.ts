import { basename } from "node:path";
import { expect } from "vitest";
import { openCatalog } from "#core/catalog/open-catalog.ts";
import { openStore } from "#core/storage/open-store.ts";
import { parseLocation } from "#core/storage/parse-location.ts";
import { type CliResult, type RunningCli, runCli, startCli } from "#test/harness/run-cli.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import type { KillMoment } from "./kill-moments.ts";
import type { TestLocation } from "./test-location.ts";

export type KilledRun = {
  readonly location: TestLocation;
  readonly kubeconfig: string;
  readonly namespace: string;
  readonly moment: Pick<KillMoment, "series" | "aim" | "signal">;
  /** Resolves when the time has come. */
  readonly strike: (running: RunningCli) => Promise<void>;
  /** Called when the process is gone: from now on nothing misbehaves. */
  readonly afterwards?: () => void;
};

export const KILLED_NAME = "killed";

/**
 * Runs `create`, strikes it, and holds what follows to the promise: nothing lists or a whole backup does, an interrupt
 * leaves nothing else, and the same command then succeeds and leaves nothing but its backup.
 */
export async function killAndJudge(run: KilledRun): Promise<KillMoment> {
  const { location, moment } = run;
  const running = await startCli(createArguments(run), { kubeconfig: run.kubeconfig, env: location.env });
  await Promise.race([run.strike(running), running.result]);
  running.signal(moment.signal);
  const result = await running.result;
  run.afterwards?.();
  const left = (await location.contents()).map((path) => basename(path));
  const itemCount = await readWhole(location);
  if (moment.signal !== "SIGKILL") expectCleanEnd(result, { left, isWhole: itemCount !== undefined });
  await expectAgain(run, itemCount !== undefined);
  return {
    store: location.store,
    ...moment,
    end: String(result.code ?? result.signal),
    left: left.sort(),
    outcome: itemCount === undefined ? "nothing lists" : "whole backup",
  };
}

function createArguments({ location, namespace }: Pick<KilledRun, "location" | "namespace">): string[] {
  const what = ["-n", namespace, "--include-resources", "configmaps"];
  return ["create", KILLED_NAME, ...what, "--location", location.url];
}

/** Interrupted: 130, and nothing of the run is left. It may have been done already (on its way out), or not yet begun. */
function expectCleanEnd(
  { code, signal, stderr }: CliResult,
  found: { readonly left: readonly string[]; readonly isWhole: boolean },
): void {
  const told = `${stderr}\nleft: ${found.left.join(" ")}`;
  const isKilledOutsideRun = code === null && signal !== null;
  expect(code === 130 || isKilledOutsideRun || (code === 0 && found.isWhole), told).toBe(true);
  expect(
    found.left.filter((file) => !(found.isWhole && isFileOfBackup(file))),
    told,
  ).toEqual([]);
}

async function expectAgain(run: KilledRun, isWhole: boolean): Promise<void> {
  const { location, kubeconfig } = run;
  const again = await runCli(createArguments(run), { kubeconfig, env: location.env });
  if (isWhole) {
    expect(again.code, again.stderr).toBe(5);
    expect((await location.contents()).filter((path) => path.includes("claim"))).toEqual([]);
    const deleted = await runCli(["delete", KILLED_NAME, "--yes", "--location", location.url], {
      env: location.env,
    });
    expect(deleted.code, deleted.stderr).toBe(0);
    expect(await location.contents()).toEqual([]);
    return;
  }
  expect(again.code, again.stderr).toBe(0);
  expect((await location.contents()).filter((path) => !isFileOfBackup(basename(path)))).toEqual([]);
  expect(await readWhole(location)).toBeGreaterThan(0);
}

function isFileOfBackup(file: string): boolean {
  const own = ["velero-backup.json", "kubectl-backup.json", "kubectl-backup-index.gz"];
  const velero = /^killed(\.tar|-logs|-results|-resource-list\.json|-volumeinfo\.json)\.gz$/;
  return own.includes(file) || velero.test(file);
}

/** Opens what lists and reads every item of it; undefined when nothing lists. */
async function readWhole({ url }: TestLocation): Promise<number | undefined> {
  const scratch = await scratchDirectory("reading");
  const { store } = await openStore(parseLocation(url));
  const catalog = openCatalog(store, { cacheFolder: scratch.path, tempFolder: scratch.path });
  const signal = AbortSignal.timeout(60_000);
  const context = { signal, now: () => new Date(), onProgress: () => undefined };
  try {
    const [listed] = await catalog.list(context);
    if (listed === undefined) return undefined;
    expect(listed).toMatchObject({ name: KILLED_NAME, phase: "Completed" });
    const backup = await catalog.open(KILLED_NAME, context);
    let count = 0;
    for (const kind of backup.kinds) {
      for await (const items of backup.items(kind)) {
        for await (const read of backup.read(items, signal)) {
          expect(read).toMatchObject({ ok: true });
          count += 1;
        }
      }
    }
    expect(count).toBe(backup.manifest?.itemCount);
    await backup.close();
    return count;
  } finally {
    catalog.close();
    await scratch.remove();
  }
}
