import type { Catalog, OpenBackup } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { OpenRestore } from "#core/restore/find-unfinished.ts";
import type { ResumedRestore } from "#core/restore/record.ts";
import type { App } from "./app.ts";
import { openStateCatalogFor, runContextOf } from "./context.ts";
import { openProgress } from "./ui/progress.ts";
import { escapeControl } from "./ui/table.ts";
import { formatAge } from "./ui/units.ts";

export interface Resumable {
  readonly cluster: Cluster;
  readonly catalog: Catalog;
  readonly backup: OpenBackup;
  readonly request: RestoreRequest;
}

export interface ResumeFlags {
  readonly name: string | undefined;
  readonly resume: string | undefined;
  readonly noResume: boolean | undefined;
  readonly dryRun: string | undefined;
}

/** The same ask, with the name of the restore that it goes on with, if there is one. */
export async function resumeIfBrokenOff<Ask extends Resumable>(
  ask: Ask,
  flags: ResumeFlags,
  app: App,
): Promise<Ask & { readonly resumed?: ResumedRestore }> {
  refuseContradictions(flags);
  if (flags.noResume === true) return ask;
  const found = await find(ask, flags, app);
  if (found === undefined) return ask;
  const { restore, record, isLocal } = found;
  const isPlan = isDryRun(flags);
  if (restore.status === "Running") {
    if (isPlan) return ask;
    throw stillRunning(found, app);
  }
  const { name, id } = record;
  app.stderr.write(
    `${isPlan ? "Would resume" : "Resuming"} restore/${escapeControl(name)}: ${begun(found, app)} and broke off\n`,
  );
  return { ...ask, request: { ...ask.request, name: record.request.name }, resumed: { name, id, isLocal } };
}

export function isDryRun({ dryRun }: Pick<ResumeFlags, "dryRun">): boolean {
  return dryRun !== undefined && dryRun !== "none";
}

function refuseContradictions({ name, resume, noResume }: ResumeFlags): void {
  if (resume !== undefined && noResume === true)
    throw new Failure("usage", "--resume and --no-resume contradict each other");
  if (resume !== undefined && name !== undefined && name !== resume)
    throw new Failure("usage", "a resumed restore keeps its name: leave --name out");
}

async function find(
  ask: Resumable,
  { name, resume }: ResumeFlags,
  app: App,
): Promise<OpenRestore | undefined> {
  const { findNamed, findUnfinished } = await import("#core/restore/find-unfinished.ts");
  const local = await openStateCatalogFor(app);
  const progress = openProgress(app);
  try {
    const question = { ...ask, location: ask.catalog, local, isNamed: name !== undefined };
    const context = runContextOf(app, progress.onProgress);
    if (resume === undefined) return await findUnfinished(question, context);
    return await findNamed(resume.replace(/^restores?\//, ""), question, context);
  } finally {
    progress.close();
    local.close();
  }
}

function stillRunning(found: OpenRestore, app: App): Failure {
  return new Failure("refused", `restore/${found.record.name} is still at work: ${begun(found, app)}`, {
    hint: `kubectl backup watch ${found.record.name} follows it; --no-resume starts another one beside it`,
  });
}

function begun({ record }: OpenRestore, app: App): string {
  const by = record.createdBy.user === undefined ? "" : ` by ${escapeControl(record.createdBy.user)}`;
  return `begun ${formatAge(app.now().getTime() - Date.parse(record.createdAt))} ago${by}`;
}
