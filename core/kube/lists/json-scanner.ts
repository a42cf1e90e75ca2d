import { CLASS_OF, FIRST_ACTION, FIRST_STRING, PLAIN, State, TRANSITIONS } from "./json-table.ts";

/** What came is not what a server writes. */
export class InvalidJson extends Error {
  override readonly name: string = "InvalidJson";
}

/** What came was right as far as it went: reading it again may help. */
export class TruncatedJson extends InvalidJson {
  override readonly name = "TruncatedJson";
}

/**
 * Finds the end of one JSON value, whatever the chunks it comes in, and checks every byte against the grammar on the
 * way. Nothing is copied or kept but the state and the stack of open brackets.
 */
export class JsonScanner {
  #state: number = State.value;
  #depth = 0;
  /** For each open bracket, the state behind its value: what it stands in. */
  #stack = new Uint8Array(64);
  /** The state behind a value where the scan stands. */
  #after: number = State.error;

  /** A new value begins. */
  reset(): void {
    this.#state = State.value;
    this.#depth = 0;
  }

  /** The index behind the value's last byte, or -1 when the value goes on in the next chunk. */
  scan(bytes: Uint8Array, from: number): number {
    let at = this.#runToAction(bytes, from);
    while (at < bytes.length) {
      const action = this.#state;
      if (action === State.numberEnd) return at;
      if (action === State.openObject) this.#open(State.objectFirst, State.afterInObject);
      else if (action === State.openArray) this.#open(State.arrayFirst, State.afterInArray);
      else if (this.#depth <= 1) return at + 1;
      else this.#close();
      at = this.#runToAction(bytes, at + 1);
    }
    return -1;
  }

  /** The index of the next byte with which there is something to do; the length when there is none. */
  #runToAction(bytes: Uint8Array, from: number): number {
    let state = this.#state;
    const { length } = bytes;
    const last = length - 1;
    let i = from;
    for (; i < length; i++) {
      // Typed arrays within their bounds; a check of each would cost a third of the speed.
      state = TRANSITIONS[(state << 5) | (CLASS_OF[bytes[i] as number] as number)] as number;
      if (state < FIRST_STRING) continue;
      if (state >= FIRST_ACTION) break;
      // Most bytes of an object are ordinary ones of a string. A look beyond the end would cost the loop its speed for good.
      while (i < last && PLAIN[bytes[i + 1] as number] === 1) i++;
    }
    // There is no way out of this state, and no action in it.
    if (state === State.error) throw new InvalidJson("it is not JSON");
    this.#state = state;
    return i;
  }

  #open(first: number, after: number): void {
    if (this.#depth === this.#stack.length) {
      const larger = new Uint8Array(this.#depth * 2);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    this.#stack[this.#depth++] = this.#after;
    this.#after = after;
    this.#state = first;
  }

  #close(): void {
    this.#after = this.#stack[--this.#depth] as number; // pushed before
    this.#state = this.#after;
  }
}
