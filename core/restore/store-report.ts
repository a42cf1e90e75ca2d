import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import type { RestoreWriter } from "#core/catalog/catalog.ts";
import { restoreUrl } from "#core/catalog/restore-url.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import type { ItemResult } from "#core/model/restore.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { hookText, isLoss } from "./hooks/hook-book.ts";
import type { RestoreReport } from "./report.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { RestoreAsk } from "./run.ts";

interface Stored {
  readonly ask: RestoreAsk;
  readonly run: RestoreRun;
}

type Draft = Omit<RestoreReport, "storedAt">;

/**
 * Writes the restore's files beside the backup: Velero's three, so that its tools read them, then our items and, last,
 * our report. Where the location takes nothing, they go to the local state folder, which is said.
 */
export async function storeReport(
  draft: Draft,
  { ask, run }: Stored,
  context: RunContext,
): Promise<RestoreReport> {
  const name = draft.restore;
  const report = (storedAt: string): RestoreReport => ({ ...draft, storedAt });
  const files = (storedAt: string): readonly (readonly [string, Uint8Array])[] => [
    ...(draft.interrupted === undefined
      ? closingFiles(draft, run)
      : [[fileName("logs.gz", { draft, run }), gzipSync(logLines(draft).join(""))] as const]),
    [fileName("items.jsonl.gz", { draft, run }), run.results.packLines()],
    [fileName("report.json", { draft, run }), Buffer.from(JSON.stringify(report(storedAt)))],
  ];
  try {
    const storedAt = restoreUrl(run.record?.url ?? ask.catalog.url, name);
    for (const [file, body] of files(storedAt)) {
      if (run.record !== undefined) await writeClosing(run.record, { file, body }, context.signal);
      else await ask.catalog.writeRestoreFile({ restore: name, file }, body, context);
    }
    return report(storedAt);
  } catch (error) {
    const folder = join(ask.stateDirectory, "restores", name);
    context.onProgress({
      type: "warned",
      message: `the report could not be stored beside the backup (${describeError(error)}); it lies in ${folder}`,
    });
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const [file, body] of files(folder)) await writeFile(join(folder, file), body, { mode: 0o600 });
    return report(folder);
  }
}

/** A run that was killed while it wrote these files left the first of them; only the report, the last, closes it. */
async function writeClosing(
  record: RestoreWriter,
  { file, body }: { readonly file: string; readonly body: Uint8Array },
  signal: AbortSignal,
): Promise<void> {
  try {
    await record.writeFile(file, body, signal);
  } catch (error) {
    if (!isFailure(error, "key-exists") || file.endsWith("report.json")) throw error;
  }
}

/** Velero's: they tell of a restore that has ended. */
function closingFiles(draft: Draft, run: RestoreRun): readonly (readonly [string, Uint8Array])[] {
  const name = draft.restore;
  return [
    [`restore-${name}-logs.gz`, gzipSync(logLines(draft).join(""))],
    [`restore-${name}-results.gz`, gzipSync(JSON.stringify(veleroResults(draft)))],
    [`restore-${name}-resource-list.json.gz`, gzipSync(JSON.stringify(run.results.veleroResourceList()))],
  ];
}

/** The report closes a restore. What a run says that broke off bears that run's name, since the restore may go on. */
function fileName(file: string, { draft, run }: { readonly draft: Draft; readonly run: RestoreRun }): string {
  const isOver = draft.interrupted === undefined || run.record === undefined;
  return isOver ? `kubectl-backup-${file}` : `kubectl-backup-broke-off-${run.record.runId}-${file}`;
}

/** Velero's restore results: messages of the run, of cluster-scoped objects, and by namespace. */
function veleroResults(draft: Draft) {
  return {
    errors: veleroResult(draft.failed, [...draft.troubles, ...draft.hooks.filter(isLoss).map(hookText)]),
    warnings: veleroResult(draft.differing, [...draft.warnings, ...draft.notes]),
  };
}

function veleroResult(items: readonly ItemResult[], own: readonly string[]) {
  const cluster: string[] = [];
  const namespaces: { [name: string]: string[] } = {};
  for (const item of items) {
    const list = item.namespace === "" ? cluster : (namespaces[item.namespace] ?? []);
    list.push(`${titleOf(item)}: ${messageOf(item)}`);
    if (item.namespace !== "") namespaces[item.namespace] = list;
  }
  return {
    ...(own.length > 0 && { velero: own }),
    ...(cluster.length > 0 && { cluster }),
    ...(Object.keys(namespaces).length > 0 && { namespaces }),
  };
}

function titleOf({
  group,
  resource,
  namespace,
  name,
}: Pick<ItemResult, "group" | "resource" | "namespace" | "name">): string {
  const kind = group === "" ? resource : `${resource}.${group}`;
  return `${kind} ${namespace === "" ? "" : `${namespace}/`}${name}`;
}

function messageOf({ outcome }: ItemResult): string {
  return "message" in outcome ? outcome.message : outcome.result;
}

function logLines(draft: Draft): readonly string[] {
  const line = (level: string, message: string) =>
    `time="${draft.finishedAt}" level=${level} msg=${JSON.stringify(message)} restore=${draft.restore}\n`;
  return [
    line(
      "info",
      `restore of backup ${draft.backup} into ${draft.target.contextName}, ${draft.target.server}`,
    ),
    ...draft.held.map((item) =>
      line("error", `held back: ${item.resource} ${item.namespace}/${item.name}: ${item.message}`),
    ),
    ...draft.missing.map((kind) => line("error", kind.message)),
    ...draft.failed.map((item) => line("error", `${titleOf(item)}: ${messageOf(item)}`)),
    ...draft.troubles.map((message) => line("error", message)),
    ...draft.notReady.map((item) =>
      line("error", `not ready: ${item.kind} ${item.namespace}/${item.name}: ${item.why}`),
    ),
    ...draft.hooks.map((end) => line(isLoss(end) ? "error" : "info", hookText(end))),
    ...draft.differing.map((item) => line("warning", `${titleOf(item)}: ${messageOf(item)}`)),
    ...draft.warned.flatMap((item) =>
      item.warnings.map((warning) => line("warning", `${titleOf(item)}: ${warning}`)),
    ),
    ...[...draft.warnings, ...draft.notes].map((message) => line("warning", message)),
    ...draft.reaches.map((one) =>
      line("info", `outside: ${titleOf(one)} ${one.message}${one.withheld ? " (withheld)" : ""}`),
    ),
    ...draft.mentions.map((one) => line("info", `old name: ${titleOf(one)}: ${one.text}`)),
    ...draft.neverRestored.map(({ resource, count, reason }) =>
      line("info", `never restored: ${count} ${resource} (${reason})`),
    ),
    line("info", `ended: ${JSON.stringify(draft.counts)} ${JSON.stringify(draft.seconds)}`),
  ];
}
