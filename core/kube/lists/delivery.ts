import { itemName } from "./item-name.ts";
import { LARGE_BYTES } from "./spare-buffer.ts";

/**
 * Lists up to this size are held back until they are whole, so that a broken read, or one that a stream does better,
 * starts over as if nothing had been; that is nearly every kind of nearly every cluster, and with a few lists at once a
 * few MiB. An item whose memory is used again must never be held back.
 */
const HOLD_BYTES = LARGE_BYTES - 1;

/**
 * What of one list has been given to the caller: no item is ever given twice, however often the list is read again.
 * Names are kept only of lists that are too large to hold back.
 */
export class Delivery {
  #held: Uint8Array[] = [];
  #heldBytes = 0;
  #begun = false;
  #count = 0;
  /** Of what was given, joined by newlines, batch by batch. */
  readonly #names: string[] = [];
  #skip: Set<string> | undefined;
  #changedBehind = false;

  /** Something has been given and cannot be taken back. */
  get begun(): boolean {
    return this.#begun;
  }

  get count(): number {
    return this.#count;
  }

  /** An item that was given changed before its list was complete. */
  get changedBehind(): boolean {
    return this.#changedBehind;
  }

  /** Takes what was read and returns what may be given now. */
  offer(items: readonly Uint8Array[]): readonly Uint8Array[] {
    const { fresh, names } = this.#withoutKnown(items);
    if (this.#begun) return this.#give(fresh, names);
    for (const item of fresh) this.#heldBytes += item.length;
    this.#held.push(...fresh);
    return this.#heldBytes > HOLD_BYTES ? this.#give(this.#takeHeld(), undefined) : [];
  }

  /** All that is still held back: the list is whole and will not be read again, so its names are not needed. */
  finish(): readonly Uint8Array[] {
    const held = this.#takeHeld();
    this.#count += held.length;
    return held;
  }

  /** The whole list will be read again: forgets what is held, skips from now on what was given. */
  startOver(): void {
    this.#held = [];
    this.#heldBytes = 0;
    this.skipKnown();
  }

  /** What comes next may hold items that came before. */
  skipKnown(): void {
    this.#skip = undefined;
    if (!this.#begun && this.#held.length === 0) return;
    this.#skip = new Set([...this.#names.flatMap((batch) => batch.split("\n")), ...this.#held.map(itemName)]);
  }

  /** An item changed while the list was being sent; undefined: it was deleted. */
  change(old: Uint8Array, now: Uint8Array | undefined): void {
    const name = itemName(old);
    const index = this.#held.findIndex((item) => itemName(item) === name);
    if (index >= 0) this.#held.splice(index, 1, ...(now === undefined ? [] : [now]));
    else this.#changedBehind = true;
  }

  #takeHeld(): readonly Uint8Array[] {
    const held = this.#held;
    this.#begun ||= held.length > 0;
    this.#held = [];
    this.#heldBytes = 0;
    return held;
  }

  #give(items: readonly Uint8Array[], names: readonly string[] | undefined): readonly Uint8Array[] {
    this.#count += items.length;
    if (items.length > 0) this.#names.push((names ?? items.map(itemName)).join("\n"));
    return items;
  }

  #withoutKnown(items: readonly Uint8Array[]): {
    fresh: readonly Uint8Array[];
    names: readonly string[] | undefined;
  } {
    const known = this.#skip;
    if (known === undefined) return { fresh: items, names: undefined };
    const named = items
      .map((item) => ({ item, name: itemName(item) }))
      .filter(({ name }) => !known.has(name));
    return { fresh: named.map(({ item }) => item), names: named.map(({ name }) => name) };
  }
}
