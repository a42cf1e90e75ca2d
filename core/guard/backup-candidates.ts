import type { BackupProof, StoredFolder } from "#core/catalog/stored-folder.ts";
import type { Manifest } from "#core/model/backup.ts";
import { type BackupEvidence, newestFirst, timeFlaw } from "#core/protection/judge-backup.ts";

/** A backup that may let a namespace go, and what a look has to find of it. */
export interface Candidate {
  readonly evidence: BackupEvidence;
  readonly proof: BackupProof<Pick<Manifest, "files">>;
}

/**
 * Proof of whole namespaces beyond this many is not kept: an older one stands in where a newer is gone, and the index
 * is read anew where all are.
 */
const KEPT_EACH = 3;

/**
 * Of all backups of one location the few that count, by the namespace's name. Kept by its uid too, so that backups of
 * an earlier namesake, or broken ones, do not crowd out those that prove something.
 */
export class BackupCandidates {
  readonly #byNamespace = new Map<string, Candidate[]>();
  readonly #namespacesOf = new Map<string, readonly string[]>();

  of(namespace: string): readonly Candidate[] {
    return this.#byNamespace.get(namespace) ?? [];
  }

  /** Of each namespace the newest whole one, and the newest that leaves nothing out; each backup once, newest first. */
  newestWhole(): readonly Candidate[] {
    const newest = new Map<string, Candidate>();
    for (const all of this.#byNamespace.values()) {
      const whole = all.filter(isWhole);
      for (const found of [whole[0], whole.find((one) => !leavesOut(one))]) {
        if (found !== undefined) newest.set(found.evidence.name, found);
      }
    }
    return [...newest.values()].sort((a, b) => newestFirst(a.evidence, b.evidence));
  }

  add({ name, committedAt }: StoredFolder, proof: BackupProof, damage?: string): void {
    // What a look needs; the rest of a manifest is large.
    const lean = { ...proof, manifest: { files: proof.manifest.files } };
    this.#namespacesOf.set(
      name,
      proof.manifest.namespaces.map((record) => record.name),
    );
    for (const record of proof.manifest.namespaces) {
      const evidence = {
        name,
        cluster: proof.manifest.cluster,
        namespace: record,
        finishedAt: proof.manifest.finished.server,
        committedAt,
        damage,
      };
      const all = [...this.of(record.name), { evidence, proof: lean }];
      this.#byNamespace.set(record.name, worthKeeping(all));
    }
  }

  /** The backup counts for nothing from now on; where it is the newest it is told of. */
  markDamaged({ evidence: { name }, proof }: Candidate, damage: string): void {
    for (const namespace of this.#namespacesOf.get(name) ?? []) {
      const marked = this.of(namespace).map((candidate) =>
        candidate.proof === proof ? { proof, evidence: { ...candidate.evidence, damage } } : candidate,
      );
      this.#byNamespace.set(namespace, worthKeeping(marked));
    }
  }

  /** Whether any was of that backup. */
  drop(backup: string): boolean {
    let found = false;
    for (const namespace of this.#namespacesOf.get(backup) ?? []) {
      const all = this.of(namespace);
      const left = all.filter(({ evidence }) => evidence.name !== backup);
      found ||= left.length < all.length;
      if (left.length === 0) this.#byNamespace.delete(namespace);
      else this.#byNamespace.set(namespace, left);
    }
    this.#namespacesOf.delete(backup);
    return found;
  }
}

/** Newest first: of each uid the newest whole ones, and the newest of all whatever it is worth, to be told of. */
function worthKeeping(all: readonly Candidate[]): Candidate[] {
  const sorted = all.toSorted((a, b) => newestFirst(a.evidence, b.evidence));
  const counts = new Map<string, number>();
  return sorted.filter((candidate, n) => {
    if (!isWhole(candidate)) return n === 0;
    const { uid = "" } = candidate.evidence.namespace;
    // Whether those that leave something out count is the namespace's to say, and may change.
    const kind = `${uid} ${leavesOut(candidate)}`;
    const count = (counts.get(kind) ?? 0) + 1;
    counts.set(kind, count);
    return n === 0 || count <= KEPT_EACH;
  });
}

/** May it count at all, at some time? */
function isWhole({ evidence }: Candidate): boolean {
  return evidence.namespace.complete && evidence.damage === undefined && timeFlaw(evidence) === undefined;
}

function leavesOut({ evidence: { namespace } }: Candidate): boolean {
  return namespace.excludedByLabel > 0;
}
