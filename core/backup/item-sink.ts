import type { BackupWriter } from "#core/catalog/catalog.ts";
import { Failure } from "#core/model/errors.ts";
import { apiVersion, groupResource, type ItemHeader, type ItemKind, itemTitle } from "#core/model/item.ts";
import { isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import type { IdentifiedHeader } from "#core/objects/item-header.ts";
import { isObjectNotStored } from "#core/objects/not-stored.ts";
import { readServedHeader } from "#core/objects/served-header.ts";
import { isExcluded } from "#core/selection/is-excluded.ts";
import { claimRecord } from "./claims.ts";
import type { Needs } from "./needs.ts";
import type { BackupPlan } from "./plan.ts";
import type { Tally } from "./tally.ts";

export interface SinkParts {
  readonly plan: BackupPlan;
  readonly writer: BackupWriter;
  readonly tally: Tally;
  /** Absent where no filter can leave anything out. */
  readonly needs: Needs | undefined;
}

/** Decides for each object that was read whether it belongs to the backup, and hands it on. */
export class ItemSink {
  readonly #parts: SinkParts;
  readonly #excludedNamespaces: ReadonlySet<string>;

  constructor(parts: SinkParts) {
    this.#parts = parts;
    this.#excludedNamespaces = new Set(
      parts.plan.namespaces.filter(({ header }) => isExcluded(header)).map(({ name }) => name),
    );
  }

  /**
   * Undefined where the object does not belong, else the writer's wait for room. `seen` holds the uids that this kind
   * has given already, where it may give them twice.
   */
  accept(
    kind: ItemKind,
    bytes: Uint8Array,
    seen: Set<string> | undefined,
  ): { readonly room: Room } | undefined {
    const header = readServedHeader(bytes);
    checkIdentity(kind, header);
    // Aggregated APIs may serve objects without uid.
    const identity = header.uid || `${header.namespace}/${header.name}`;
    if (seen?.has(identity)) return undefined;
    seen?.add(identity);
    if (!this.#belongs(kind, header) || this.#isRefused(kind, header)) return undefined;
    return { room: this.store(kind, header, bytes) };
  }

  #belongs(kind: ItemKind, header: ItemHeader): boolean {
    const { plan, tally } = this.#parts;
    if (kind.namespaced && !tally.namespaces.has(header.namespace)) return false;
    if (isObjectNotStored(kind, header)) return false;
    if (!plan.selection.includesName(kind, header.name) || !plan.selection.matchesLabels(header.labels))
      return false;
    if (!isExcluded(header) && !this.#excludedNamespaces.has(header.namespace)) return true;
    tally.noteExcluded(header.namespace);
    return false;
  }

  /** Without asking whether it belongs: related objects and Namespaces come this way. */
  store(kind: ItemKind, header: ItemHeader, bytes: Uint8Array): Room {
    const { writer, tally, needs } = this.#parts;
    if (this.#isRefused(kind, header)) return undefined;
    const room = writer.add(kind, header, bytes);
    tally.noteStored(kind, header);
    needs?.noteStored(kind, header);
    if (isClaim(kind) || needs?.readsContentOf(kind)) this.#readContent(kind, header, bytes);
    return room;
  }

  /** No archive can hold such a name; its namespace is not complete without the object. */
  #isRefused(kind: ItemKind, header: ItemHeader): boolean {
    if (!header.name.includes("\0")) return false;
    const { tally } = this.#parts;
    tally.errors.push({
      message: `${itemTitle(kind, header)} is not in the backup: its name holds a NUL character`,
    });
    tally.noteNotRead(kind, [header.namespace]);
    return true;
  }

  #readContent(kind: ItemKind, header: ItemHeader, bytes: Uint8Array): void {
    const object = parseExactBytes(bytes);
    if (!isExactObject(object)) return;
    this.#parts.needs?.noteContent(kind, object);
    const record = isClaim(kind) ? claimRecord(header, object) : undefined;
    if (record !== undefined) this.#parts.tally.namespaces.get(header.namespace)?.claims.push(record);
  }
}

type Room = Promise<void> | undefined;

function isClaim(kind: ItemKind): boolean {
  return kind.group === "" && kind.resource === "persistentvolumeclaims";
}

/** A restore holds the bytes against the index, so what does not agree must not get in. */
function checkIdentity(kind: ItemKind, header: IdentifiedHeader): void {
  const fits = header.kind === kind.kind && header.apiVersion === apiVersion(kind);
  if (fits && kind.namespaced === (header.namespace !== "")) return;
  throw new Failure(
    "cluster-error",
    `the list of ${groupResource(kind)} holds something else: ${header.apiVersion} ${header.kind} "${header.name}"`,
  );
}
