import type { Notice } from "#core/model/backup.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { BackupName } from "#core/model/names.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand, type FlagValues } from "#plugin/command.ts";
import { clusterFlags, locationFlag, outputFlag, selectionFlags } from "#plugin/flags.ts";
import { outputFormat, print, printDone } from "#plugin/ui/print.ts";
import { escapeControl } from "#plugin/ui/table.ts";

const flags = {
  ...selectionFlags,
  ...locationFlag,
  "dry-run": {
    type: "string",
    value: "client",
    choices: ["client", "none"],
    bare: "client",
    describe: "only say what would be saved; nothing is written",
  },
  labels: { type: "list", value: "KEY=VALUE,…", describe: "labels of the backup itself" },
  ttl: {
    type: "string",
    value: "DURATION",
    describe: "how long to keep it: 24h, 30d, 8w",
    fallback: "for ever",
  },
  "velero-expiry": { type: "boolean", describe: "let a Velero on the same bucket delete it after --ttl too" },
  "page-size": {
    type: "number",
    value: "N",
    describe: "read lists in pages of N objects",
    fallback: "500, then pages of 8 MiB; long lists as streams",
  },
  annotate: {
    type: "string",
    value: "none|namespaces|workloads|all",
    choices: ["none", "namespaces", "workloads", "all"],
    describe:
      "note the backup on what it holds: on namespaces, also on their workloads, or on all their objects without an owner",
    fallback: "none",
    completes: "choices",
  },
  strict: { type: "boolean", describe: "treat warnings as errors (exit 3)" },
  ...outputFlag,
  ...clusterFlags,
} as const;

export const createCommand = defineCommand({
  words: ["create"],
  summary: "Save a cluster, or a part of it",
  description:
    "Without a selection: all namespaces and everything cluster-scoped, whatever namespace the context has. What cannot be read is named and the rest is saved; the exit code tells (3). Secrets are saved as the cluster sends them, not encrypted.",
  positionals: [{ name: "NAME", describe: "name of the backup; made from cluster and time when left out" }],
  flags,
  examples: [
    { command: "kubectl backup create", meaning: "everything, into the default location or a local folder" },
    {
      command: "kubectl backup create before-upgrade -n shop",
      meaning: "one namespace and what it refers to",
    },
    {
      command: "kubectl backup create --include-resources deployments,configmap/settings -n shop",
      meaning: "only some objects",
    },
    {
      command: "kubectl backup create --location 's3://my-bucket/clusters?region=eu-central-1'",
      meaning: "to S3",
    },
    {
      command: "kubectl backup create -n shop --annotate workloads",
      meaning: "and note it on the namespace and what runs there",
    },
    { command: "kubectl backup create --dry-run", meaning: "what would be saved, and what never is" },
  ],
  exitCodes: [0, 2, 3, 4, 5, 6, 7, 130],
  async run(invocation, app) {
    const [{ openCatalogFor, openClusterFor }, { announcement, freeNames, wantedBackup }] = await Promise.all(
      [import("#plugin/context.ts"), import("#plugin/requests/backup-request.ts")],
    );
    const wanted = wantedBackup(invocation.positionals[0], invocation.flags);
    const [cluster, catalog] = await Promise.all([
      openClusterFor(invocation.flags, app),
      openCatalogFor(invocation.flags, app),
    ]);
    try {
      const base = invocation.flags.namespace ?? cluster.info.clusterName;
      const dryRun = invocation.flags.dryRun === "client";
      const announce = (run: Run) => {
        if (!app.quiet)
          app.stderr.write(announcement(run.request, cluster.info, { url: catalog.url, dryRun }));
      };
      const names = wanted.name === undefined ? freeNames(base, app.now()) : [wanted.name];
      return await underFirstFree(names, async (name) => {
        const run = { cluster, catalog, request: { ...wanted, name } };
        announce(run);
        return dryRun ? await showPlan(run, invocation.flags, app) : await save(run, invocation.flags, app);
      });
    } finally {
      cluster.close();
      catalog.close();
    }
  },
});

export type CreateFlags = FlagValues<typeof flags>;

type Run = Pick<import("#core/backup/run.ts").BackupRun, "cluster" | "catalog" | "request">;

/** Another run may have taken a generated name within the same second; a name that was given is tried once. */
async function underFirstFree<Result>(
  names: readonly BackupName[],
  attempt: (name: BackupName) => Promise<Result>,
): Promise<Result> {
  const [name, ...others] = names;
  if (name === undefined) throw new Failure("name-taken", "all generated names of this minute are taken");
  try {
    return await attempt(name);
  } catch (error) {
    if (!isFailure(error, "name-taken") || others.length === 0) throw error;
    return underFirstFree(others, attempt);
  }
}

async function save(run: Run, given: CreateFlags, app: App): Promise<0 | 3> {
  const [
    { runBackup },
    { openProgress },
    { runContextOf },
    { TOOL_VERSION },
    { backupDocument, backupNotices, backupText, rightsHint },
  ] = await Promise.all([
    import("#core/backup/run.ts"),
    import("#plugin/ui/progress.ts"),
    import("#plugin/context.ts"),
    import("#plugin/tool-version.ts"),
    import("#plugin/ui/backup-result.ts"),
  ]);
  const progress = openProgress(app);
  try {
    const result = await runBackup(
      { ...run, toolVersion: TOOL_VERSION },
      runContextOf(app, progress.onProgress),
    );
    const unnoted = await noteBackup({ ...run, result }, given, runContextOf(app, progress.onProgress));
    progress.close();
    app.stderr.write(backupNotices(result.facts));
    for (const { message } of unnoted) app.stderr.write(`warning: ${escapeControl(message)}\n`);
    await hintAtRights(rightsHint(result.facts), app);
    await printDone(app, outputFormat(given.output), {
      document: backupDocument(result),
      names: [`backup/${result.committed.name}`],
      text: () => backupText(result),
    });
    return result.facts.phase === "Completed" && (given.strict !== true || unnoted.length === 0) ? 0 : 3;
  } finally {
    progress.close();
  }
}

/** The backup stands already: what cannot be annotated is only a warning. */
async function noteBackup(
  made: Omit<import("#core/backup/annotate.ts").Annotating, "scope">,
  { annotate }: CreateFlags,
  context: RunContext,
): Promise<readonly Notice[]> {
  if (annotate !== "namespaces" && annotate !== "workloads" && annotate !== "all") return [];
  const { annotateSources } = await import("#core/backup/annotate.ts");
  return annotateSources({ ...made, scope: annotate }, context);
}

async function hintAtRights(hint: string | undefined, app: App): Promise<void> {
  if (hint === undefined) return;
  const [{ completeHint }, { rbacBackupCommand }] = await Promise.all([
    import("#plugin/ui/hint.ts"),
    import("./rbac-backup.ts"),
  ]);
  app.stderr.write(`hint: ${completeHint(hint, app.argv, [rbacBackupCommand])}\n`);
}

async function showPlan(run: Run, given: CreateFlags, app: App): Promise<0 | 3> {
  const [{ planBackup }, { runContextOf }, { planDocument, planText }] = await Promise.all([
    import("#core/backup/plan-backup.ts"),
    import("#plugin/context.ts"),
    import("#plugin/ui/backup-plan.ts"),
  ]);
  const asked = { cluster: run.cluster, catalog: run.catalog, selection: run.request.selection };
  const { plan } = await planBackup(asked, runContextOf(app));
  await print(app, outputFormat(given.output), {
    document: planDocument(plan),
    names: plan.kinds.map(({ versions: [kind] }) =>
      kind.group === "" ? kind.resource : `${kind.resource}.${kind.group}`,
    ),
    text: () => planText(plan),
  });
  return plan.errors.length === 0 ? 0 : 3;
}
