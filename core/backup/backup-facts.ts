import type { BackupWriter } from "#core/catalog/catalog.ts";
import type { ServerVersion } from "#core/kube/cluster.ts";
import type { BackupFacts, BackupRequest, KindRecord, NamespaceRecord, Notice } from "#core/model/backup.ts";
import { claimWarnings } from "./claims.ts";
import type { Collected } from "./collect.ts";
import { namespaceRecord } from "./completeness.ts";
import { kindRecord, unreadRecord } from "./kind-record.ts";
import { judgeOutcomes } from "./losses.ts";
import type { NamespaceFacts } from "./namespace-facts.ts";
import { leftOutWarnings } from "./needs.ts";
import type { BackupPlan } from "./plan.ts";

/** One moment by the API server's clock and by this machine's. */
export interface ClockReading {
  readonly server: string;
  readonly maker: string;
}

export interface FactSources {
  readonly request: BackupRequest;
  readonly createdBy: BackupFacts["createdBy"];
  readonly toolVersion: string;
  readonly cluster: Omit<BackupFacts["cluster"], "serverVersion" | "serverMajor" | "serverMinor">;
  readonly version: ServerVersion;
  readonly started: ClockReading;
  readonly finished: ClockReading;
  readonly plan: BackupPlan;
  readonly namespaceFacts: NamespaceFacts;
  readonly collected: Collected;
  readonly writer: Pick<BackupWriter, "itemCount" | "itemBytes">;
  readonly schedule?: string | undefined;
  readonly tier?: string | undefined;
}

/** What the manifest says of a backup. Closes the watches that counted changes. */
export function backupFacts(sources: FactSources): BackupFacts {
  const { request, writer, version, started, finished, collected } = sources;
  const kinds = kindRecords(sources);
  const { errors, warnings } = notices(sources);
  return {
    name: request.name,
    toolVersion: sources.toolVersion,
    createdBy: sources.createdBy,
    cluster: {
      ...sources.cluster,
      serverVersion: version.gitVersion,
      serverMajor: version.major,
      serverMinor: version.minor,
    },
    request,
    started,
    finished,
    phase: errors.length === 0 ? "Completed" : "PartiallyFailed",
    kinds,
    namespaces: namespaceRecords(sources),
    itemCount: writer.itemCount,
    itemBytes: writer.itemBytes,
    secretCount: collected.tally.secretCount,
    errors: [...errors],
    warnings: [...warnings],
    ...optionalFacts(sources),
  };
}

function optionalFacts({ request, started, schedule, tier }: FactSources): Partial<BackupFacts> {
  const { ttlSeconds } = request;
  const expires = ttlSeconds && new Date(Date.parse(started.server) + ttlSeconds * 1000).toISOString();
  return {
    ...(schedule !== undefined && { schedule }),
    ...(tier !== undefined && { tier }),
    ...(expires && { expiresAt: expires }),
  };
}

function kindRecords({ collected, namespaceFacts, plan, started, finished }: FactSources): KindRecord[] {
  const times = { from: started.server, to: finished.server };
  const { list, selected } = namespaceFacts;
  const namespaces = {
    kind: plan.namespacesKind,
    lists: list === undefined ? [] : [list],
    count: collected.namespaceCount,
    gets: list === undefined ? selected.length : 0,
    absent: [],
    failures: [],
  };
  const read = [namespaces, ...collected.outcomes, ...collected.related];
  return [
    ...read.map((outcome) => kindRecord(outcome, times)),
    ...plan.unreadable.map((kind) => unreadRecord(kind, times)),
  ];
}

/** After judgeOutcomes, which tells the tally which kinds a namespace lacks. */
function namespaceRecords({ plan, collected, started }: FactSources): NamespaceRecord[] {
  return plan.namespaces.flatMap((fact) => {
    const tally = collected.tally.namespaces.get(fact.name);
    return tally === undefined ? [] : [namespaceRecord(fact, tally, { plan, startedAt: started.server })];
  });
}

interface Notices {
  readonly errors: readonly Notice[];
  readonly warnings: readonly Notice[];
}

function notices({ plan, collected, request, writer }: FactSources): Notices {
  const { tally, needs, outcomes } = collected;
  const losses = judgeOutcomes(outcomes, tally);
  const errors = [...plan.errors, ...losses.errors, ...tally.errors];
  const warnings = [
    ...plan.warnings,
    ...losses.warnings,
    ...tally.warnings,
    ...claimWarnings(tally.namespaces),
    ...leftOutWarnings(needs?.unmet() ?? []),
    ...(writer.itemCount === 0 ? [{ message: "nothing matches the selection: this backup is empty" }] : []),
  ];
  return request.strict ? { errors: [...errors, ...warnings], warnings: [] } : { errors, warnings };
}
