import { JsonMembers, skipWhite, startsWith, text } from "./json-members.ts";
import { InvalidJson, JsonScanner, TruncatedJson } from "./json-scanner.ts";

/** One line of a watch stream; `object` is a slice of what the server sent. */
export interface WatchLine {
  readonly type: string;
  readonly object: Uint8Array;
}

const NEWLINE = 0x0a;
const CLOSE = 0x7d;
const TYPE = Buffer.from("type");
const OBJECT = Buffer.from("object");
/** How every Go server begins its lines; anything else takes the long way. */
const HEADS = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR"].map((type) => ({
  type,
  bytes: Buffer.from(`{"type":"${type}","object":`),
}));

/**
 * Takes a watch stream in whatever chunks it comes and gives its lines. Lines are found by their newline (JSON has none
 * inside), then every byte is checked: a line that is no whole event is an error, never skipped.
 */
export class WatchScanner {
  #pieces: Uint8Array[] = [];
  readonly #scanner = new JsonScanner();

  /** The events that are whole with this chunk. */
  push(chunk: Uint8Array): WatchLine[] {
    const lines: WatchLine[] = [];
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at !== -1; at = chunk.indexOf(NEWLINE, from)) {
      const line = this.#complete(chunk.subarray(from, at));
      if (line.length > 0) lines.push(this.#read(line));
      from = at + 1;
    }
    if (from < chunk.length) this.#pieces.push(chunk.subarray(from));
    return lines;
  }

  /** To be called at the end of the stream; throws when it ended within a line. */
  end(): void {
    if (this.#pieces.length > 0) throw new TruncatedJson("the last line of the watch is cut off");
  }

  #complete(last: Uint8Array): Uint8Array {
    if (this.#pieces.length === 0) return last;
    const line = Buffer.concat([...this.#pieces, last]);
    this.#pieces = [];
    return line;
  }

  #read(line: Uint8Array): WatchLine {
    const head = HEADS.find(({ bytes }) => startsWith(line, bytes));
    if (head === undefined) return readAnyOrder(line);
    const start = head.bytes.length;
    this.#scanner.reset();
    const end = this.#scanner.scan(line, start);
    if (line[start] !== 0x7b || end !== line.length - 1 || line[end] !== CLOSE) return readAnyOrder(line);
    return { type: head.type, object: line.subarray(start, end) };
  }
}

function readAnyOrder(line: Uint8Array): WatchLine {
  let type: unknown;
  let object: Uint8Array | undefined;
  let end = skipWhite(line, 0) + 1;
  const members = new JsonMembers(line);
  while (members.next()) {
    if (members.isNamed(TYPE)) type = JSON.parse(text(line, members.start, members.end));
    if (members.isNamed(OBJECT)) object = members.value;
    end = members.end;
  }
  if (typeof type !== "string" || object?.[0] !== 0x7b)
    throw new InvalidJson("a line of the watch is no event");
  if (text(line, end, line.length).trim() !== "}")
    throw new InvalidJson("a line of the watch holds more than an event");
  return { type, object };
}
