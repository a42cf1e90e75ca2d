import { gzipSync } from "node:zlib";
import { apiVersion, type ItemKind } from "#core/model/item.ts";
import type { ItemOutcome, ItemResult } from "#core/model/restore.ts";

export type OutcomeCounts = Readonly<Record<ItemOutcome["result"], number>>;

/** Single results beyond this many stay only in the stored report. */
const SHOWN = 1_000;
/** Lines are packed in pieces of about this size. */
const PIECE_BYTES = 256 * 1024;

/** Velero has four words. */
const VELERO_ACTION: Readonly<Record<ItemOutcome["result"], string>> = {
  created: "created",
  updated: "updated",
  recreated: "updated",
  deleted: "updated",
  unchanged: "skipped",
  skipped: "skipped",
  failed: "failed",
};

/** Every item's end, counted at once and packed on the way, so that a hundred thousand of them stay small. */
export class Results {
  readonly #counts = {
    created: 0,
    unchanged: 0,
    updated: 0,
    recreated: 0,
    deleted: 0,
    skipped: 0,
    failed: 0,
  };
  readonly #reasons = new Map<string, number>();
  readonly #failed: ItemResult[] = [];
  readonly #differing: ItemResult[] = [];
  readonly #warned: ItemResult[] = [];
  readonly #byKind = new Map<string, string[]>();
  readonly #pieces: Uint8Array[] = [];
  readonly #onResult: (resultJson: string) => void;
  #lines = "";

  constructor(onResult: (resultJson: string) => void = () => undefined) {
    this.#onResult = onResult;
  }

  add(kind: ItemKind, end: Pick<ItemResult, "namespace" | "name" | "outcome" | "warnings">): void {
    const { group, resource } = kind;
    const { namespace, name, outcome, warnings } = end;
    const result: ItemResult = { group, resource, kind: kind.kind, namespace, name, outcome, warnings };
    this.#counts[outcome.result] += 1;
    if ("reason" in outcome) this.#reasons.set(outcome.reason, (this.#reasons.get(outcome.reason) ?? 0) + 1);
    if (outcome.result === "failed") show(this.#failed, result);
    if ("reason" in outcome && outcome.reason === "differs") show(this.#differing, result);
    if (warnings.length > 0) show(this.#warned, result);
    this.#noteForVelero(kind, result);
    this.#noteLine(result);
  }

  get counts(): OutcomeCounts {
    return { ...this.#counts };
  }

  get reasons(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#reasons);
  }

  get failed(): readonly ItemResult[] {
    return this.#failed;
  }

  /** Skipped because they exist and differ. */
  get differing(): readonly ItemResult[] {
    return this.#differing;
  }

  get warned(): readonly ItemResult[] {
    return this.#warned;
  }

  /** How many of a kind have ended. */
  endedOf(kind: Pick<ItemKind, "group" | "version" | "kind">): number {
    return this.#byKind.get(veleroKind(kind))?.length ?? 0;
  }

  get done(): number {
    return Object.values(this.#counts).reduce((sum, count) => sum + count, 0);
  }

  /** One JSON line per item, gzipped. */
  packLines(): Uint8Array {
    this.#pack();
    return Buffer.concat(this.#pieces);
  }

  /** Velero's resource list: `group/version/Kind` → `namespace/name(action)`. */
  veleroResourceList(): Readonly<Record<string, readonly string[]>> {
    return Object.fromEntries(this.#byKind);
  }

  #noteForVelero(kind: ItemKind, { namespace, name, outcome }: ItemResult): void {
    const key = veleroKind(kind);
    const list = this.#byKind.get(key) ?? [];
    this.#byKind.set(key, list);
    const action = VELERO_ACTION[outcome.result];
    list.push(`${namespace === "" ? "" : `${namespace}/`}${name}(${action})`);
  }

  #noteLine(result: ItemResult): void {
    const json = JSON.stringify(result);
    this.#onResult(json);
    this.#lines += `${json}\n`;
    if (this.#lines.length > PIECE_BYTES) this.#pack();
  }

  #pack(): void {
    if (this.#lines === "") return;
    this.#pieces.push(gzipSync(this.#lines));
    this.#lines = "";
  }
}

function veleroKind(kind: Pick<ItemKind, "group" | "version" | "kind">): string {
  return `${apiVersion(kind)}/${kind.kind}`;
}

function show(list: ItemResult[], result: ItemResult): void {
  if (list.length < SHOWN) list.push(result);
}
