import type { StoredItem } from "#core/catalog/catalog.ts";
import { itemTitle } from "#core/model/item.ts";
import { itemKey } from "./decide.ts";
import { type LaneName, laneOf } from "./order.ts";
import { isNamespace } from "./select.ts";
import { type Classification, classify, earlier, later, type Wave } from "./tiers.ts";

export interface WaveFacts {
  /** By name as in the backup: what the namespaces say of themselves. */
  readonly namespaces: ReadonlyMap<string, Classification>;
  /** By item key: what annotations of workloads say. */
  readonly orders: ReadonlyMap<string, string>;
  /** Uids that restored items name as their owners. */
  readonly ownerUids: ReadonlySet<string>;
}

/** Cluster-scoped objects come first; what could refuse others comes last. */
export type Place = Wave | "first" | "last";

/**
 * When each object comes. What starts pods goes by its own label, else by its namespace's, and never without its owner,
 * which would make it anew. What lies beside it in its namespace comes with the first of them, whole: a pod whose
 * configuration, rights or network policies are not all there yet runs without them. Autoscalers and budgets come with
 * the last of them.
 */
export class WaveBook {
  readonly warnings: string[] = [];
  readonly #facts: WaveFacts;
  readonly #first = new Map<string, Wave>();
  readonly #last = new Map<string, Wave>();
  readonly #promoted = new Map<string, Wave>();
  readonly #owners = new Map<string, Wave>();

  constructor(facts: WaveFacts) {
    this.#facts = facts;
    for (const [name, { warnings }] of facts.namespaces) {
      this.warnings.push(...warnings.map((warning) => `namespaces ${name}: ${warning}`));
    }
  }

  /** To be told of every item, owners before what they own, before anything is asked. */
  note(item: StoredItem): void {
    const said = this.#saidOf(item);
    if (!isNamespace(item))
      this.warnings.push(...said.warnings.map((warning) => `${itemTitle(item, item)}: ${warning}`));
    const lane = laneOf(item);
    if (!item.namespaced || !(startsPods(lane) || said.tier !== undefined)) return;
    const wave = this.#ownWave(item, said);
    if (startsPods(lane)) {
      this.#first.set(item.namespace, earlier(this.#first.get(item.namespace), wave));
      this.#last.set(item.namespace, later(this.#last.get(item.namespace), wave));
    } else this.#promoted.set(item.namespace, earlier(this.#promoted.get(item.namespace), wave));
    if (this.#facts.ownerUids.has(item.uid)) this.#owners.set(item.uid, wave);
  }

  placeOf(item: StoredItem): Place {
    const lane = laneOf(item);
    if (lane === "gates" || lane === "quotas") return "last";
    if (isNamespace(item)) return this.#floor(item.name);
    if (startsPods(lane)) return this.#ownWave(item, this.#saidOf(item));
    if (lane === "custom") return this.#customPlace(item);
    if (!item.namespaced) return "first";
    return lane === "governors" ? this.#ceiling(item.namespace) : this.#floor(item.namespace);
  }

  #customPlace(item: StoredItem): Place {
    const said = this.#saidOf(item);
    if (said.tier !== undefined) return this.#ownWave(item, said);
    return item.namespaced ? this.#floor(item.namespace) : "first";
  }

  #saidOf(item: StoredItem): Classification {
    return classify(item.labels, this.#facts.orders.get(itemKey(item)));
  }

  #ownWave(item: StoredItem, { tier, order }: Classification): Wave {
    const owner = item.ownerUids.map((uid) => this.#owners.get(uid)).find((wave) => wave !== undefined);
    if (owner !== undefined) return owner;
    const namespace = this.#namespaceWave(item.namespace);
    return { ...namespace, tier: tier ?? namespace.tier, order: order ?? 0 };
  }

  #namespaceWave(name: string): Wave {
    const said = this.#facts.namespaces.get(name);
    return { tier: said?.tier ?? "normal", namespaceOrder: said?.order ?? 0, order: 0 };
  }

  #floor(namespace: string): Wave {
    const wave = this.#first.get(namespace) ?? this.#namespaceWave(namespace);
    return earlier(this.#promoted.get(namespace), wave);
  }

  #ceiling(namespace: string): Wave {
    return this.#last.get(namespace) ?? this.#floor(namespace);
  }
}

function startsPods(lane: LaneName): boolean {
  return lane === "pods" || lane === "workloads";
}
