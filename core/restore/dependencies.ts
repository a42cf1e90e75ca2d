import type { StoredItem } from "#core/catalog/catalog.ts";
import { groupResource, itemTitle } from "#core/model/item.ts";
import { canRefer, type Reference, referencesOf } from "#core/objects/references.ts";
import type { Step } from "./bring-along.ts";
import { eachParsed } from "./each-parsed.ts";
import { makesPods, ownClaimPrefixes } from "./pod-specs.ts";
import { filtered } from "./select.ts";

/** An object of the backup that comes along, and why. */
export interface Found {
  readonly item: StoredItem;
  readonly because: string;
}

/** The objects that those of a step refer to, and the bindings of the accounts among them. Custom kinds say nothing. */
export async function findDependencies(step: Step): Promise<readonly Found[]> {
  const read = await readReferences(step);
  const found: Found[] = [...(await step.bindings(read.accounts))];
  for (const kind of step.backup.kinds) {
    const why = whyOf(groupResource(kind), read);
    if (why === undefined) continue;
    for await (const batch of filtered(step.backup.items(kind), step.mayCome)) {
      found.push(...batch.map((item) => ({ item, because: why(item) ?? "" })).filter(isWanted));
    }
  }
  return found;
}

function isWanted({ because }: Found): boolean {
  return because !== "";
}

type Why = (item: StoredItem) => string | undefined;

interface Read {
  /** By kind and then `namespace/name`: why. */
  readonly named: Map<string, Map<string, string>>;
  /** By `namespace/name-without-ordinal`: why. A StatefulSet's own claims bear names that it does not write down. */
  readonly ordinal: Map<string, string>;
  /** `namespace/name` of service accounts. */
  readonly accounts: Set<string>;
}

/** undefined: nothing of this kind is wanted. */
function whyOf(kind: string, { named, ordinal }: Read): Why | undefined {
  const names = named.get(kind);
  const prefixes = kind === "persistentvolumeclaims" ? ordinal : NONE;
  if (names === undefined && prefixes.size === 0) return undefined;
  return (item) => names?.get(placeOf(item)) ?? prefixes.get(placeOf(item).replace(/\d+$/, ""));
}

const NONE: ReadonlyMap<string, string> = new Map();

async function readReferences({ kinds, contents, signal }: Step): Promise<Read> {
  const read: Read = { named: new Map(), ordinal: new Map(), accounts: new Set() };
  const referring = kinds.filter(({ kind }) => canRefer(kind));
  for await (const { item, object } of eachParsed(contents, referring, signal)) {
    noteReferences(read, item, referencesOf(item, object));
    for (const prefix of ownClaimPrefixes(object))
      read.ordinal.getOrInsert(`${item.namespace}/${prefix}`, `${itemTitle(item, item)} mounts it`);
  }
  return read;
}

function noteReferences(read: Read, item: StoredItem, references: readonly Reference[]): void {
  const because = `${itemTitle(item, item)} refers to it`;
  const accounts = accountsOf(item, references);
  for (const account of accounts) read.accounts.add(placeOf(account));
  for (const reference of [...references, ...accounts]) {
    const names = read.named.get(reference.groupResource) ?? new Map<string, string>();
    read.named.set(reference.groupResource, names);
    if (!names.has(placeOf(reference))) names.set(placeOf(reference), because);
  }
}

/** Pods that name no account run as their namespace's default. */
function accountsOf(item: StoredItem, references: readonly Reference[]): readonly Reference[] {
  const account = { groupResource: "serviceaccounts", namespace: item.namespace };
  if (groupResource(item) === "serviceaccounts") return [{ ...account, name: item.name }];
  const named = references.filter((reference) => reference.groupResource === "serviceaccounts");
  return named.length > 0 || !makesPods(item) ? named : [{ ...account, name: "default" }];
}

function placeOf({ namespace, name }: { readonly namespace: string; readonly name: string }): string {
  return `${namespace}/${name}`;
}
