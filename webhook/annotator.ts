import { type ReferrerScope, storedReferrers } from "#core/backup/stored-referrers.ts";
import { writeReference, writeReferences } from "#core/backup/write-references.ts";
import { sleep } from "#core/flow/sleep.ts";
import type { BackupIndex } from "#core/guard/backup-index.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { type BackupReference, isSameReference, readReference } from "#core/model/backup-reference.ts";
import type { ClusterIds } from "#core/model/cluster-identity.ts";
import { describeError } from "#core/model/errors.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { protectionOf } from "#core/protection/protection-of.ts";
import { referableBackups, referenceTo } from "#core/protection/referable-backups.ts";
import type { ProtectionSettings } from "#core/protection/settings.ts";
import { marksOf, readNamespace } from "./namespace-object.ts";
import { type LiveNamespace, readProtected } from "./protected-namespaces.ts";

export interface AnnotatorFacts {
  readonly cluster: Pick<Cluster, "list" | "get" | "patch">;
  readonly clusterIds: ClusterIds;
  readonly settings: ProtectionSettings;
  readonly indexes: readonly BackupIndex[];
  readonly now: (signal: AbortSignal) => Promise<Date>;
  readonly onTrouble: (message: string) => void;
}

/** A namespace that is to be told of a backup. */
interface Choice {
  readonly namespace: LiveNamespace;
  readonly reference: BackupReference;
  readonly index: BackupIndex;
}

/** Twenty writes a second at most: each is a revision in etcd and an event for whoever watches. */
const PAUSE_MS = 50;

/**
 * Notes the newest backup on protected namespaces, whoever made it, and on what is in them where they ask for it. The
 * cluster is its only memory: what is noted already is not written again, by no replica. Whose write of a namespace's
 * reference the API server takes goes on to what is in it.
 */
export class Annotator {
  readonly #facts: AnnotatorFacts;
  #isNoting = false;
  #isPassing = false;
  /** By the namespace's uid: of two backups that came while others were noted only the later matters. */
  readonly #passes = new Map<string, Choice & { readonly scope: ReferrerScope }>();

  constructor(facts: AnnotatorFacts) {
    this.#facts = facts;
  }

  /**
   * All namespaces that are protected now; what is in them follows behind. Failure of the cluster or a location. Does
   * nothing while the last call is still at work.
   *
   * @param readLocations URLs of the locations that were read whole just now.
   */
  async note(readLocations: ReadonlySet<string>, context: RunContext): Promise<void> {
    if (this.#isNoting) return;
    this.#isNoting = true;
    try {
      await this.#noteNamespaces(readLocations, context);
    } finally {
      this.#isNoting = false;
    }
    void this.#workOff(context);
  }

  async #noteNamespaces(readLocations: ReadonlySet<string>, context: RunContext): Promise<void> {
    const { cluster, settings, now, onTrouble } = this.#facts;
    const { signal } = context;
    const around = { readLocations, now: await now(signal) };
    for (const namespace of await readProtected(cluster, settings, signal)) {
      const choice = await this.#choose(namespace, around, context);
      if (choice === undefined) continue;
      const { name, uid, resourceVersion } = namespace;
      const { reference } = choice;
      // Only as it was read: of two replicas that found the same to do one is told that it comes too late.
      const referrer = { kind: NAMESPACES, namespace: "", name, uid, resourceVersion, reference };
      const outcome = await writeReference(cluster, referrer, signal);
      if (outcome.result === "failed") onTrouble(`namespace ${name} is not annotated: ${outcome.message}`);
      const scope = outcome.result === "written" ? this.#scopeOf(namespace) : undefined;
      if (scope !== undefined) this.#passes.set(uid, { ...choice, scope });
      await sleep(PAUSE_MS, signal);
    }
  }

  /** undefined: what it bears is right, or nothing better is known. */
  async #choose(
    namespace: LiveNamespace,
    { readLocations, now }: { readonly readLocations: ReadonlySet<string>; readonly now: Date },
    context: RunContext,
  ): Promise<Choice | undefined> {
    const { clusterIds: cluster, indexes, settings } = this.#facts;
    const noted = readReference(namespace.annotations);
    const protection = protectionOf(namespace, settings);
    const backups = indexes.flatMap((index) =>
      index
        .candidatesOf(namespace.name)
        .map((candidate) => ({ evidence: candidate.evidence, location: index.url, candidate, index })),
    );
    const facts = { cluster, namespace, protection, now, noted, readLocations };
    for (const backup of referableBackups(backups, facts)) {
      const reference = referenceTo(backup);
      if (isSameReference(noted, reference) && namespace.isNotedByGuard) return undefined;
      const { damage } = await backup.index.look(backup.candidate, context);
      if (damage === undefined) return { namespace, reference, index: backup.index };
    }
    return undefined;
  }

  #scopeOf({ name, annotations }: LiveNamespace): ReferrerScope | undefined {
    const asked = annotations[annotationKeys.annotate];
    if (asked === "workloads" || asked === "all") return asked;
    if (asked !== undefined && asked !== "namespaces") {
      const known = "namespaces, workloads or all";
      this.#facts.onTrouble(`namespace ${name}: ${annotationKeys.annotate}: "${asked}" is none of ${known}`);
    }
    return undefined;
  }

  /** One after the other; what cannot be done now is done after the next backup. */
  async #workOff(context: RunContext): Promise<void> {
    if (this.#isPassing) return;
    this.#isPassing = true;
    for (const [uid, pass] of this.#passes) {
      this.#passes.delete(uid);
      try {
        await this.#noteObjects(pass, context);
      } catch (error) {
        if (context.signal.aborted) break;
        const why = describeError(error);
        this.#facts.onTrouble(`what is in namespace ${pass.namespace.name} is not annotated: ${why}`);
      }
    }
    this.#isPassing = false;
  }

  async #noteObjects(
    { namespace: { name, uid }, reference, index, scope }: Choice & { readonly scope: ReferrerScope },
    context: RunContext,
  ): Promise<void> {
    const { cluster, onTrouble } = this.#facts;
    const { signal } = context;
    // Another replica may have gone on to a later backup while this one waited for its turn.
    const body = await cluster.get({ resource: NAMESPACES, namespace: "", name }, signal);
    const live = body === undefined ? undefined : marksOf(readNamespace(body));
    if (live?.uid !== uid || !isSameReference(readReference(live.annotations), reference)) return;
    const backup = await index.openBackup(reference.backup, context);
    try {
      const stored = storedReferrers(backup, new Map([[name, reference]]), scope);
      const work = { concurrency: 1, signal, onDone: () => undefined };
      for (const { message } of await writeReferences(cluster, paced(stored, signal), work)) {
        onTrouble(`namespace ${name}: ${message}`);
      }
    } finally {
      await backup.close();
    }
  }
}

async function* paced<Item>(items: AsyncIterable<Item>, signal: AbortSignal): AsyncGenerator<Item> {
  for await (const item of items) {
    yield item;
    await sleep(PAUSE_MS, signal);
  }
}
