import type { Notice } from "#core/model/backup.ts";

export interface FoundObject {
  readonly group: string;
  readonly resource: string;
  readonly kind: string;
  /** "" for cluster-scoped objects. */
  readonly namespace: string;
  readonly name: string;
}

export interface DifferentObject extends FoundObject {
  /** Fields in which backup and cluster differ. */
  readonly paths: readonly string[];
}

export interface DiffReport {
  readonly same: number;
  /** In the backup and not in the cluster. */
  readonly missing: readonly FoundObject[];
  /** In the cluster and not in the backup, although the backup would hold it. */
  readonly extra: readonly FoundObject[];
  readonly different: readonly DifferentObject[];
  /** What could not be compared, and why. */
  readonly troubles: readonly Notice[];
}

/** Collects what the comparison of each kind finds. */
export class Findings {
  #same = 0;
  readonly #missing: FoundObject[] = [];
  readonly #extra: FoundObject[] = [];
  readonly #different: DifferentObject[] = [];
  readonly #troubles: Notice[] = [];

  same(): void {
    this.#same += 1;
  }

  missing(object: FoundObject): void {
    this.#missing.push(object);
  }

  extra(object: FoundObject): void {
    this.#extra.push(object);
  }

  different(object: FoundObject, paths: readonly string[]): void {
    this.#different.push({ ...object, paths });
  }

  trouble(message: string): void {
    this.#troubles.push({ message });
  }

  get count(): number {
    return this.#same + this.#missing.length + this.#extra.length + this.#different.length;
  }

  report(): DiffReport {
    return {
      same: this.#same,
      missing: this.#missing.toSorted(byTitle),
      extra: this.#extra.toSorted(byTitle),
      different: this.#different.toSorted(byTitle),
      troubles: this.#troubles,
    };
  }
}

function byTitle(left: FoundObject, right: FoundObject): number {
  return titleOf(left) < titleOf(right) ? -1 : 1;
}

function titleOf({ namespace, group, resource, name }: FoundObject): string {
  return [namespace, group, resource, name].join("\0");
}
