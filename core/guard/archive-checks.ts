import type { CatalogReader } from "#core/catalog/catalog.ts";
import type { ArchiveCheck } from "#core/catalog/check-archive.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { Candidate } from "./backup-candidates.ts";

type Checked = Pick<Candidate, "proof"> & { readonly evidence: { readonly name: string } };

/**
 * What reading backups' archives whole has shown, once for each state of a backup: commit object and manifest, which
 * tells the states of the other files. Until then sizes and ETags have to do.
 */
export class ArchiveChecks {
  readonly #checks = new Map<string, { readonly state: string; readonly damage: string | undefined }>();
  /** Told of already; tried again all the same. */
  readonly #unread = new Set<string>();

  isDue(checked: Checked): boolean {
    return this.#checkOf(checked) === undefined;
  }

  damageOf(checked: Checked): string | undefined {
    return this.#checkOf(checked)?.damage;
  }

  /** Failure where the location cannot be reached; what else keeps an archive from being read is told, and no damage. */
  async check(
    catalog: CatalogReader,
    { candidate, pace }: { readonly candidate: Candidate; readonly pace: ArchiveCheck["pace"] },
    context: RunContext,
  ): Promise<string | undefined> {
    const { evidence, proof } = candidate;
    const { name } = evidence;
    try {
      const check = { backup: name, files: proof.manifest.files, pace };
      const damage = await catalog.checkArchive(check, context);
      this.#checks.set(name, { state: stateOf(candidate), damage });
      this.#unread.delete(name);
      return damage;
    } catch (error) {
      context.signal.throwIfAborted();
      if (isFailure(error, "location-unreachable")) throw error;
      if (!this.#unread.has(name)) {
        const message = `the archive of backup "${name}" could not be checked: ${describeError(error)}`;
        context.onProgress({ type: "warned", message });
      }
      this.#unread.add(name);
      return undefined;
    }
  }

  /** Of backups that are no longer there. */
  forget(isThere: (backup: string) => boolean): void {
    for (const known of [this.#checks, this.#unread]) {
      for (const name of known.keys()) if (!isThere(name)) known.delete(name);
    }
  }

  #checkOf(checked: Checked) {
    const check = this.#checks.get(checked.evidence.name);
    return check?.state === stateOf(checked) ? check : undefined;
  }
}

function stateOf({ proof }: Checked): string {
  return `${proof.commitEtag} ${proof.manifestEtag}`;
}
