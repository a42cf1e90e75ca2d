import type { BackupWriter, Catalog, CommittedBackup } from "#core/catalog/catalog.ts";
import type { Cluster, Discovery, ServerVersion } from "#core/kube/cluster.ts";
import type { BackupFacts, BackupRequest } from "#core/model/backup.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { Selection } from "#core/model/selection.ts";
import { compileSelection } from "#core/selection/compile-selection.ts";
import { backupFacts, type ClockReading } from "./backup-facts.ts";
import { type Collected, collectItems } from "./collect.ts";
import { planBackup } from "./plan-backup.ts";

export interface BackupRun {
  readonly cluster: Cluster;
  readonly catalog: Catalog;
  readonly request: BackupRequest;
  readonly toolVersion: string;
  /** Only when the user wants it recorded. */
  readonly hostName?: string | undefined;
  readonly schedule?: string | undefined;
  readonly tier?: string | undefined;
}

export interface BackupResult {
  readonly facts: BackupFacts;
  readonly committed: CommittedBackup;
}

/**
 * claim the name → plan → collect → commit. Questions that read no objects (version, who am I, discovery) are asked
 * while the name is being claimed; nothing else is read before this run holds it. Whatever goes wrong, and on
 * interruption, all that the run wrote is removed again.
 */
export async function runBackup(run: BackupRun, context: RunContext): Promise<BackupResult> {
  checkWords(run.request.selection);
  const answers = askAhead(run.cluster, context.signal);
  const writer = await run.catalog.begin(run.request.name, context);
  try {
    const facts = await writeItems({ ...run, writer, answers }, context);
    const committed = await writer.commit(facts, context);
    return { facts, committed };
  } catch (error) {
    await writer.abort();
    throw context.signal.aborted ? interrupted(error) : error;
  }
}

function interrupted(error: unknown): Failure {
  return new Failure("interrupted", "interrupted: nothing of this backup was kept", { cause: error });
}

/** What is wrong without knowing the cluster's kinds ends here, before a name is claimed. */
function checkWords(selection: Selection): void {
  compileSelection({ ...selection, includeResources: [], excludeResources: [] }, []);
}

interface Answers {
  readonly version: Promise<ServerVersion>;
  readonly user: Promise<string | undefined>;
  readonly discovery: Promise<Discovery>;
}

function askAhead(cluster: Cluster, signal: AbortSignal): Answers {
  const answers = {
    version: cluster.version(signal),
    user: cluster.whoAmI(signal),
    discovery: cluster.discover(signal),
  };
  // Awaited later, or never when the name is taken: a rejection before that must not end the process.
  for (const answer of Object.values(answers)) answer.catch(() => undefined);
  return answers;
}

interface Writing extends BackupRun {
  readonly writer: BackupWriter;
  readonly answers: Answers;
}

async function writeItems(run: Writing, context: RunContext): Promise<BackupFacts> {
  const { cluster, catalog, request, writer, answers } = run;
  const started = await readClocks(cluster, context);
  const planning = { cluster, catalog, selection: request.selection };
  const { plan, namespaceFacts } = await planBackup(planning, context, answers.discovery);
  const collected = await collectItems({ cluster, plan, writer, pageSize: request.pageSize }, context);
  refuseNothingAllowed(collected, writer);
  const finished = await readClocks(cluster, context);
  const { caSha256, contextName, clusterName, server } = cluster.info;
  const { kubeSystemUid } = namespaceFacts;
  const user = await answers.user;
  const facts = backupFacts({
    ...run,
    createdBy: {
      ...(user !== undefined && { user }),
      ...(run.hostName !== undefined && { hostName: run.hostName }),
    },
    cluster: {
      ...(kubeSystemUid !== undefined && { kubeSystemUid }),
      ...(caSha256 !== undefined && { caSha256 }),
      contextName,
      clusterName,
      server,
    },
    version: await answers.version,
    started,
    finished,
    plan,
    namespaceFacts,
    collected,
  });
  keepLog(writer, facts);
  return facts;
}

async function readClocks(cluster: Cluster, context: RunContext): Promise<ClockReading> {
  const server = await cluster.serverTime(context.signal);
  return { server: server.toISOString(), maker: context.now().toISOString() };
}

/** A user without any right gets an error, not a backup of nothing. */
function refuseNothingAllowed({ outcomes, namespaceCount }: Collected, writer: BackupWriter): void {
  const [first] = outcomes.flatMap(({ failures }) => failures);
  // Related kinds that nothing asked for were neither read nor refused: they tell nothing about rights.
  const nothingRead = outcomes.every(
    ({ lists, count, absent }) => lists.length + count + absent.length === 0,
  );
  const isRefusal = isFailure(first?.failure, "cluster-forbidden");
  if (first === undefined || !isRefusal || !nothingRead || writer.itemCount > namespaceCount) return;
  throw new Failure(
    "cluster-forbidden",
    `you may read nothing of what was selected: ${first.failure.message}`,
    {
      cause: first.failure,
    },
  );
}

function keepLog(writer: BackupWriter, facts: BackupFacts): void {
  for (const { resource, group, version, count, method, startedAt, finishedAt } of facts.kinds) {
    const kind = group === "" ? resource : `${resource}.${group}`;
    writer.log(
      "info",
      `${kind} (${version}): ${count} ${count === 1 ? "object" : "objects"} by ${method} from ${startedAt} to ${finishedAt}`,
    );
  }
  for (const { message } of facts.warnings) writer.log("warning", message);
  for (const { message } of facts.errors) writer.log("error", message);
}
