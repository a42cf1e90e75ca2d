import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { InvalidJson, TruncatedJson } from "#core/kube/lists/json-scanner.ts";
import { ListScanner } from "#core/kube/lists/list-scanner.ts";

const metadata = { resourceVersion: "12", continue: "next", remainingItemCount: 3 };

function scan(text: string | Buffer, sizes: readonly number[] = []) {
  const bytes = Buffer.from(text);
  const scanner = new ListScanner();
  const items: string[] = [];
  let from = 0;
  for (const size of [...sizes, bytes.length]) {
    // Copied, since a chunk may be used again once the next one is asked for.
    const chunk = Buffer.from(bytes.subarray(from, from + size));
    items.push(...scanner.push(chunk).map((item) => Buffer.from(item).toString()));
    from += chunk.length;
  }
  return { items, meta: scanner.end() };
}

/** Objects with any content, and Lists of them in any order of members, compact or not. */
const object = fc.dictionary(fc.string(), fc.jsonValue({ stringUnit: "binary", maxDepth: 2 }));
const list = fc
  .record({
    items: fc.array(object, { maxLength: 8 }),
    order: fc.shuffledSubarray(["kind", "metadata", "items"], { minLength: 3 }),
    indent: fc.constantFrom(0, 2),
  })
  .map(({ items, order, indent }) => {
    const members: Record<string, unknown> = { kind: "XList", metadata, items };
    const text = JSON.stringify(Object.fromEntries(order.map((name) => [name, members[name]])), null, indent);
    return { items, text: `${text}\n` };
  });

describe("the List scanner", () => {
  it("gives the items that JSON.parse would give, whatever the chunks", () => {
    fc.assert(
      fc.property(list, fc.array(fc.nat(60)), ({ items, text }, sizes) => {
        const found = scan(text, sizes);
        expect(found.items.map((item) => JSON.parse(item))).toEqual(JSON.parse(JSON.stringify(items)));
        expect(found.meta).toEqual({ resourceVersion: "12", continueToken: "next", remainingItemCount: 3 });
      }),
    );
  });

  it("gives the very bytes that came, big numbers and escapes included", () => {
    const item = '{"a":9007199254740993, "b":1.10,"c":"\\ud800\\u003c","d":"é\u2028"}';
    const { items } = scan(`{"metadata":{"resourceVersion":"1"},"items":[${item} , {}]}`, [50]);
    expect(items).toEqual([item, "{}"]);
  });

  it("refuses a List that is cut off, wherever that is", () => {
    fc.assert(
      fc.property(list, fc.nat(), ({ text }, at) => {
        const whole = text.trimEnd();
        expect(() => scan(whole.slice(0, at % whole.length))).toThrow(TruncatedJson);
      }),
    );
  });

  it("takes empty Lists as Go writes them", () => {
    expect(scan('{"metadata":{"resourceVersion":"1"},"items":[]}').items).toEqual([]);
    expect(scan('{"items":null,"metadata":{"resourceVersion":"1"}}').items).toEqual([]);
  });

  it.each([
    ['{"metadata":{},"items":[{"a":tru}]}', "a damaged value"],
    ['{"metadata":{},"items":[{} {}]}', "a missing comma"],
    ['{"metadata":{},"items":[1]}', "an item that is no object"],
    ['{"metadata":{},"items":{}}', "items that are no array"],
    ['{"metadata":{},"items":[]} {', "something behind the List"],
    ['{"kind":"Status","metadata":{}}', "a reply without items"],
    ["[]", "no object"],
  ])("refuses %s: %s", (text) => {
    expect(() => scan(text)).toThrow(InvalidJson);
  });
});
