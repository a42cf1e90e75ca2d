import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidJson, TruncatedJson } from "#core/kube/lists/json-scanner.ts";
import { WatchScanner } from "#core/kube/lists/watch-scanner.ts";

function scan(text: string, sizes: readonly number[] = []) {
  const bytes = Buffer.from(text);
  const scanner = new WatchScanner();
  const events: { type: string; object: string }[] = [];
  let from = 0;
  for (const size of [...sizes, bytes.length]) {
    const chunk = Buffer.from(bytes.subarray(from, from + size));
    for (const { type, object } of scanner.push(chunk))
      events.push({ type, object: Buffer.from(object).toString() });
    from += chunk.length;
  }
  scanner.end();
  return events;
}

const event = fc.record({
  type: fc.constantFrom("ADDED", "MODIFIED", "DELETED", "BOOKMARK", "ERROR", "SOMETHING"),
  object: fc.dictionary(fc.string(), fc.jsonValue({ stringUnit: "binary", maxDepth: 2 })),
});

describe("the watch scanner", () => {
  it("gives the events that were sent, byte for byte, whatever the chunks", () => {
    fc.assert(
      fc.property(fc.array(event), fc.array(fc.nat(60)), (events, sizes) => {
        const text = events.map((each) => `${JSON.stringify(each)}\n`).join("");
        const sent = events.map(({ type, object }) => ({ type, object: JSON.stringify(object) }));
        expect(scan(text, sizes)).toEqual(sent);
      }),
    );
  });

  it("refuses a stream that ends within a line", () => {
    fc.assert(
      fc.property(event, fc.nat(), (each, at) => {
        const line = JSON.stringify(each);
        expect(() => scan(line.slice(0, 1 + (at % line.length)))).toThrow(TruncatedJson);
      }),
    );
  });

  it("refuses a line that was cut off and ended, wherever it was cut", () => {
    fc.assert(
      fc.property(event, fc.nat(), (each, at) => {
        const line = JSON.stringify(each);
        expect(() => scan(`${line.slice(0, 1 + (at % (line.length - 1)))}\n`)).toThrow(InvalidJson);
      }),
    );
  });

  it("takes members in any order, with blanks, and lines that are empty", () => {
    expect(scan('{ "object": {"a" : 1}, "type": "ADDED" }\r\n\n')).toEqual([
      { type: "ADDED", object: '{"a" : 1}' },
    ]);
  });

  it.each([
    '{"type":"ADDED","object":{"a":bogus}}',
    '{"type":"ADDED","object":{}}}',
    '{"type":"ADDED","object":{}}{"type":"ADDED","object":{}}',
    '{"type":"ADDED","object":[]}',
    '{"type":"ADDED"}',
    '{"object":{}}',
    '{"type":1,"object":{}}',
    "too many requests",
  ])("refuses the line %s", (line) => {
    expect(() => scan(`${line}\n`)).toThrow(InvalidJson);
  });
});
