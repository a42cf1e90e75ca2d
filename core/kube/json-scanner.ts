import { CLASS_OF, FIRST_ACTION, FIRST_STRING, State, TRANSITIONS } from "./json-table.ts";

/** What came is not what a server writes; offsets are within the bytes given last. */
export class InvalidJson extends Error {
  override readonly name: string = "InvalidJson";
}

/** What came was right as far as it went: reading it again may help. */
export class TruncatedJson extends InvalidJson {
  override readonly name = "TruncatedJson";
}

const QUOTE = 0x22;
const BACKSLASH = 0x5c;

/**
 * Finds the end of one JSON value, whatever the chunks it comes in, and checks every byte against the grammar on the
 * way. Nothing is copied or kept but the state and the stack of open brackets.
 */
export class JsonScanner {
  #state: number = State.value;
  #depth = 0;
  /** 1 = object, 0 = array, for each open bracket. */
  #stack = new Uint8Array(64);

  /** A new value begins. */
  reset(): void {
    this.#state = State.value;
    this.#depth = 0;
  }

  /** The index behind the value's last byte, or -1 when the value goes on in the next chunk. */
  scan(bytes: Uint8Array, from: number): number {
    let at = this.#runToAction(bytes, from);
    while (at < bytes.length) {
      // The delimiter behind a number belongs to what comes next.
      const next = this.#state === State.numberEnd ? at : at + 1;
      this.#state = this.#act(this.#state);
      if (this.#depth === 0 && this.#state === State.after) return next;
      at = this.#runToAction(bytes, next);
    }
    return -1;
  }

  /** The index of the next byte with which there is something to do; the length when there is none. */
  #runToAction(bytes: Uint8Array, from: number): number {
    let state = this.#state;
    let i = from;
    for (; i < bytes.length; i++) {
      // Typed arrays within their bounds; a check of each would cost a third of the speed.
      state = TRANSITIONS[(state << 5) | (CLASS_OF[bytes[i] as number] as number)] as number;
      if (state < FIRST_STRING) continue;
      if (state >= FIRST_ACTION) break;
      i = skipPlain(bytes, i);
    }
    // There is no way out of this state, and no action in it.
    if (state === State.error) throw new InvalidJson("it is not JSON");
    this.#state = state;
    return i;
  }

  #act(action: number): number {
    switch (action) {
      case State.openObject:
        return this.#open(1);
      case State.openArray:
        return this.#open(0);
      case State.closeObject:
        return this.#close(1);
      case State.closeArray:
        return this.#close(0);
      case State.comma:
        return this.#stack[this.#depth - 1] === 1 ? State.key : State.value;
      default:
        return State.after;
    }
  }

  #open(kind: 0 | 1): number {
    if (this.#depth === this.#stack.length) {
      const larger = new Uint8Array(this.#depth * 2);
      larger.set(this.#stack);
      this.#stack = larger;
    }
    this.#stack[this.#depth++] = kind;
    return kind === 1 ? State.objectStart : State.arrayStart;
  }

  #close(kind: 0 | 1): number {
    if (this.#depth === 0 || this.#stack[this.#depth - 1] !== kind)
      throw new InvalidJson("brackets do not match");
    this.#depth--;
    return State.after;
  }
}

/** The last byte of the run of ordinary string bytes that `at` stands in: most bytes of an object are such. */
function skipPlain(bytes: Uint8Array, at: number): number {
  let i = at + 1;
  for (; i < bytes.length; i++) {
    const byte = bytes[i] as number;
    if (byte === QUOTE || byte === BACKSLASH || byte < 0x20) break;
  }
  return i - 1;
}
