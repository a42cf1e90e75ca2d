import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidJson, JsonScanner } from "#core/kube/lists/json-scanner.ts";

const end = (text: string) => new JsonScanner().scan(Buffer.from(text), 0);

/** What the scanner says of a text that is one value and nothing else. */
function accepts(text: string): boolean {
  // A number ends only with what follows it.
  const bytes = Buffer.from(`${text} `);
  try {
    const at = new JsonScanner().scan(bytes, 0);
    return at !== -1 && bytes.subarray(at).toString().trim() === "";
  } catch (error) {
    if (error instanceof InvalidJson) return false;
    throw error;
  }
}

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("the JSON scanner", () => {
  it("finds the end of a value and leaves what follows alone", () => {
    expect(end('{"a":[1,{"b":"}"}]},{"c":2}')).toBe(19);
    expect(end('"a\\"b" , 1')).toBe(6);
    expect(end("-1.5e+3,")).toBe(7);
    expect(end("null]")).toBe(4);
  });

  it("asks for more when a value is cut off", () => {
    for (const text of ['{"a":1', '"a\\', "[[]", "tru", "12", '{"a"']) expect(end(text)).toBe(-1);
  });

  it("takes whatever JSON.parse takes, in whatever chunks it comes", () => {
    const text = fc.json({ stringUnit: "binary" }).filter((json) => /^[[{"]/.test(json));
    fc.assert(
      fc.property(text, fc.array(fc.nat(40)), (json, cuts) => {
        const bytes = Buffer.from(json);
        const scanner = new JsonScanner();
        let from = 0;
        for (const cut of cuts) {
          const chunk = bytes.subarray(from, Math.min(from + cut, bytes.length - 1));
          expect(scanner.scan(chunk, 0)).toBe(-1);
          from += chunk.length;
        }
        expect(scanner.scan(bytes.subarray(from), 0)).toBe(bytes.length - from);
      }),
    );
  });

  it("accepts exactly what JSON.parse accepts after bytes were changed, added or left out", () => {
    const edits = fc.array(
      fc.record({
        at: fc.nat(),
        remove: fc.nat(2),
        add: fc.constantFrom("", ...'{}[],:"\\ \n\t0019-+.eEtruefalsnu\u0001é'),
      }),
      { maxLength: 3 },
    );
    fc.assert(
      fc.property(fc.json(), edits, (json, changes) => {
        const text = changes.reduce((value, { at, remove, add }) => {
          const position = at % (value.length + 1);
          return value.slice(0, position) + add + value.slice(position + remove);
        }, json);
        expect(accepts(text)).toBe(parses(text));
      }),
      { numRuns: 2_000 },
    );
  });

  it("follows brackets as deep as they go", () => {
    const deep = `${"[".repeat(5_000)}${"]".repeat(5_000)}`;
    expect(end(deep)).toBe(deep.length);
    expect(() => end(`${"[".repeat(200)}}`)).toThrow(InvalidJson);
  });
});
