import { Failure } from "#core/model/errors.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand } from "#plugin/command.ts";
import type { Resumable } from "#plugin/resumed-restore.ts";
import { confirm } from "#plugin/ui/confirm.ts";
import { outputFormat, print, printDone } from "#plugin/ui/print.ts";
import { escapeControl } from "#plugin/ui/table.ts";
import { type RestoreFlags, restoreFlags } from "./restore-flags.ts";

export const restoreCommand = defineCommand({
  words: ["restore"],
  summary: "Restore a backup, or a part of it",
  description:
    "Plans first; with --dry-run that is all. Selections mean names as they are in the backup. What exists is left alone unless --existing says otherwise. Bound claims whose data nothing can bring back, and the workloads that mount them, are held back and listed first.",
  positionals: [{ name: "BACKUP", describe: "the backup", completes: "backups" }],
  flags: restoreFlags,
  examples: [
    { command: "kubectl backup restore nightly --dry-run", meaning: "what it would do" },
    { command: "kubectl backup restore nightly -n shop", meaning: "one namespace" },
    {
      command: "kubectl backup restore --undo nightly-20261123-041500",
      meaning: "as it was before that restore",
    },
    {
      command: "kubectl backup restore nightly -n shop --namespace-mapping shop:shop-copy",
      meaning: "beside the original",
    },
    {
      command:
        "kubectl backup restore nightly -n shop --include-resources configmap/settings --existing update",
      meaning: "one object as it was",
    },
  ],
  exitCodes: [0, 2, 3, 4, 5, 6, 7, 8, 130],
  async run({ positionals: [backup], flags: given }, app) {
    if (given.undo !== undefined) return takeBack(given.undo, { backup, given }, app);
    if (backup === undefined) throw new Failure("usage", "BACKUP is missing");
    if (given.created === true) throw new Failure("usage", "--created goes with --undo only");
    const [
      { wantedRestore },
      { modifiersOfFile, modifiersOfCluster },
      { openCatalogFor, openClusterFor, runContextOf },
    ] = await Promise.all([
      import("#plugin/requests/restore-request.ts"),
      import("#plugin/requests/modifiers-request.ts"),
      import("#plugin/context.ts"),
    ]);
    const wanted = wantedRestore(backup, given, { now: app.now(), random: crypto.randomUUID() });
    const ofFile = await modifiersOfFile(given);
    const [cluster, catalog] = await Promise.all([openClusterFor(given, app), openCatalogFor(given, app)]);
    try {
      const modifiers = ofFile ?? (await modifiersOfCluster(given, cluster, app.signal));
      const request = { ...wanted, modifiers };
      const opened = await catalog.open(backup, runContextOf(app));
      try {
        return await restore({ cluster, catalog, backup: opened, request }, given, app);
      } finally {
        await opened.close();
      }
    } finally {
      cluster.close();
      catalog.close();
    }
  },
});

/** The other way: from a restore's own record back into the cluster. */
async function takeBack(
  named: string,
  { backup, given }: { readonly backup: string | undefined; readonly given: RestoreFlags },
  app: App,
): Promise<0 | 3> {
  if (backup !== undefined)
    throw new Failure("usage", "BACKUP and --undo contradict each other", { hint: "give one of them" });
  const [{ wantedUndo }, { openCatalogFor, openClusterFor, runContextOf, stateFolderOf }, { findUndo }] =
    await Promise.all([
      import("#plugin/requests/undo-request.ts"),
      import("#plugin/context.ts"),
      import("#core/restore/undo/find-undo.ts"),
    ]);
  const name = named.replace(/^restores?\//, "");
  const request = wantedUndo(name, given, { now: app.now(), random: crypto.randomUUID() });
  const [cluster, catalog] = await Promise.all([openClusterFor(given, app), openCatalogFor(given, app)]);
  try {
    const undo = await findUndo(name, { catalog, stateDirectory: stateFolderOf(app) }, runContextOf(app));
    return await restore({ cluster, catalog, backup: undo.backup, request, undo }, given, app);
  } finally {
    cluster.close();
    catalog.close();
  }
}

type Ask = Omit<import("#core/restore/run.ts").RestoreAsk, "stateDirectory"> & Resumable;

async function restore(wanted: Ask, given: RestoreFlags, app: App): Promise<0 | 3> {
  const [
    { prepareRestore },
    { refuseExisting },
    { runContextOf, stateFolderOf },
    { isDryRun, resumeIfBrokenOff },
  ] = await Promise.all([
    import("#core/restore/prepare.ts"),
    import("#core/restore/refuse-existing.ts"),
    import("#plugin/context.ts"),
    import("#plugin/resumed-restore.ts"),
  ]);
  const asked = await resumeIfBrokenOff(wanted, given, app);
  const ask = { ...asked, stateDirectory: stateFolderOf(app) };
  const prepared = await prepareRestore(ask, runContextOf(app));
  const { plan } = prepared;
  refuseIdleMapping(asked.request, prepared);
  const shown = isDryRun(given) ? await showPlan({ ask, prepared }, given, app) : undefined;
  if (asked.request.existing === "fail" && asked.resumed === undefined) await refuseExisting(prepared);
  if (shown !== undefined) return shown;
  refuseElsewhere(asked.request, plan.target);
  await agree(asked.request, plan.target, { given, app });
  return carryOut({ ask, prepared }, given, app);
}

/** Everything that a dry run ends with. */
async function showPlan({ ask, prepared }: Planned, given: RestoreFlags, app: App): Promise<0 | 3> {
  const [{ previewRestore }, { refuseDamagedPlan }, { planDocument, isComplete }, { restorePlanText }] =
    await Promise.all([
      import("#core/restore/preview/preview-restore.ts"),
      import("#core/restore/check-contents.ts"),
      import("#core/restore/plan-document.ts"),
      import("#plugin/ui/restore-plan.ts"),
    ]);
  const { cluster, request } = ask;
  const preview = await previewRestore({
    prepared,
    cluster,
    request,
    askServer: given.dryRun === "server",
    signal: app.signal,
  });
  const document = planDocument(prepared.plan, preview);
  await print(app, outputFormat(given.output), {
    document,
    names: document.kinds.map((kind) =>
      kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`,
    ),
    text: () => restorePlanText(document),
  });
  refuseDamagedPlan(document);
  const gaps = prepared.undo?.gaps ?? [];
  for (const gap of gaps) app.stderr.write(`warning: ${escapeControl(gap)}\n`);
  return isComplete(document, request) && gaps.length === 0 ? 0 : 3;
}

interface Planned {
  readonly ask: import("#core/restore/run.ts").RestoreAsk;
  readonly prepared: Prepared;
}

/** A misspelt namespace would go back under its own name, over what is there. */
function refuseIdleMapping(
  { namespaceMapping, backup }: Ask["request"],
  { plan, idleMappings }: Prepared,
): void {
  const hint = `kubectl backup describe ${backup} lists what is inside`;
  if (idleMappings.length > 0) throw new Failure("object-not-found", idleMappings.join("; "), { hint });
  const meant = new Set(plan.namespaces.map((one) => one.from));
  const idle = Object.keys(namespaceMapping).filter((name) => !meant.has(name));
  if (idle.length === 0) return;
  throw new Failure(
    "namespace-not-found",
    `--namespace-mapping: nothing that is to be restored lies in ${idle.join(", ")}`,
    { hint },
  );
}

type Prepared = import("#core/restore/prepare.ts").Prepared;
type Plan = import("#core/restore/plan.ts").RestorePlan;

function refuseElsewhere({ undo }: Ask["request"], { relation, clusterName }: Plan["target"]): void {
  if (undo === undefined || relation !== "other") return;
  throw new Failure("refused", `${clusterName} is not the cluster that restore "${undo.restore}" changed`, {
    hint: "choose the right one with --context",
  });
}

interface Asking {
  readonly given: RestoreFlags;
  readonly app: App;
}

/** Which cluster is about to be written to; another one than the backup's, or taking things away, needs a yes. */
async function agree(
  { existing, undo }: Ask["request"],
  target: Plan["target"],
  { given, app }: Asking,
): Promise<void> {
  const where = `cluster ${target.clusterName} (context ${target.contextName}, ${target.server})`;
  if (!app.quiet) app.stderr.write(`Restoring into ${where}\n`);
  const doubts = [
    ...RELATION_DOUBTS[target.relation],
    ...(undo === undefined ? (EXISTING_DOUBTS[existing] ?? []) : []),
  ];
  if (doubts.length === 0) return;
  await confirm(app, `${doubts.join(" ")} Restore into ${where}?`, given.yes);
}

const RELATION_DOUBTS: Readonly<Record<Plan["target"]["relation"], readonly string[]>> = {
  same: [],
  other: ["This is not the cluster that the backup was made of."],
  unknown: ["This is maybe not the cluster that the backup was made of."],
};

const EXISTING_DOUBTS: Readonly<Partial<Record<Ask["request"]["existing"], readonly string[]>>> = {
  replace: ["What exists and differs loses all that is not in the backup."],
  recreate: ["What exists and differs is deleted and created anew."],
};

async function carryOut({ ask, prepared }: Planned, given: RestoreFlags, app: App): Promise<0 | 3> {
  const [{ carryOutRestore }, { openProgress }, { runContextOf }, { restoreNotices, restoreSummary }] =
    await Promise.all([
      import("#core/restore/run.ts"),
      import("#plugin/ui/progress.ts"),
      import("#plugin/context.ts"),
      import("#plugin/ui/restore-report.ts"),
    ]);
  const progress = openProgress(app);
  try {
    const report = await carryOutRestore(prepared, ask, runContextOf(app, progress.onProgress));
    progress.close();
    app.stderr.write(restoreNotices(report));
    await printDone(app, outputFormat(given.output), {
      document: report,
      names: [`restore/${report.restore}`],
      text: () => restoreSummary(report),
    });
    return report.complete ? 0 : 3;
  } finally {
    progress.close();
  }
}
