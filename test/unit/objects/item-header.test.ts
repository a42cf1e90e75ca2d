import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isFailure } from "#core/model/errors.ts";
import { readItemHeader } from "#core/objects/item-header.ts";

const encode = (text: string): Uint8Array => new TextEncoder().encode(text);
const head = '"apiVersion":"v1","kind":"ConfigMap"';

function refuses(text: string): void {
  let thrown: unknown;
  try {
    readItemHeader(encode(text));
  } catch (error) {
    thrown = error;
  }
  expect(isFailure(thrown, "cluster-error"), text).toBe(true);
}

describe("readItemHeader", () => {
  test("reads identity, labels, annotations and owners of a built-in object", () => {
    const owner = { apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "u-9", controller: true };
    const item = {
      kind: "ConfigMap",
      apiVersion: "v1",
      metadata: {
        name: "settings",
        namespace: "shop",
        uid: "u-1",
        resourceVersion: "17",
        generation: 3,
        deletionTimestamp: "2026-01-01T00:00:00Z",
        labels: { app: "web" },
        annotations: { note: 'quote " and \\ back' },
        ownerReferences: [owner],
        managedFields: [{ manager: "x", fieldsV1: { "f:metadata": { "f:name": {} } } }],
      },
      data: { metadata: '{"name":"other"}' },
    };
    expect(readItemHeader(encode(JSON.stringify(item)))).toEqual({
      apiVersion: "v1",
      kind: "ConfigMap",
      name: "settings",
      namespace: "shop",
      uid: "u-1",
      resourceVersion: "17",
      generation: 3,
      deletionTimestamp: "2026-01-01T00:00:00Z",
      labels: { app: "web" },
      annotations: { note: 'quote " and \\ back' },
      owners: [{ apiVersion: "apps/v1", kind: "Deployment", name: "web", uid: "u-9" }],
    });
  });

  test("finds metadata behind data that contains its own metadata, and an escaped key", () => {
    const text = `{"data":{"metadata":{"name":"wrong"},"s":"}\\"]"},${head},"meta\\u0064ata":{"n\\u0061me":"right"}}`;
    expect(readItemHeader(encode(text)).name).toBe("right");
  });

  test("finds the end of long strings with quotes behind backslashes", () => {
    const filler = "x".repeat(100);
    const data = { a: `${filler}"`, b: `${filler}\\`, c: `}${filler}\\"${filler}` };
    const text = `{"data":${JSON.stringify(data)},${head},"metadata":{"name":"n"}}`;
    expect(readItemHeader(encode(text)).name).toBe("n");
  });

  test("refuses what two readers could read in two ways, and what is not one whole object", () => {
    const good = `{${head},"metadata":{"name":"n"},"data":{"a":[1,{"b":2}]}}`;
    expect(readItemHeader(encode(good)).name).toBe("n");
    refuses(`{${head},"metadata":{"name":"n"},"metadata":{"name":"m"}}`);
    refuses(`{${head},"metadata":{"name":"n"},"meta\\u0064ata":{"name":"m"}}`);
    refuses(`{${head},"metadata":{"name":"n","name":"m"}}`);
    refuses(`{${head},"metadata":{"name":"n"},"kind":"Secret"}`);
    refuses(`{${head},"metadata":{"name":7}}`);
    refuses(`{${head},"metadata":{"name":"n","labels":{"a":1}}}`);
    refuses(`{${head},"metadata":{"name":""}}`);
    refuses(`{${head},"metadata":[]}`);
    refuses(`{${head}}`);
    refuses(`${good}{`);
    refuses(`${good.slice(0, -4)}]}}}`);
    refuses(good.replace(",", ";"));
    refuses("[]");
    refuses("");
    for (let length = 1; length < good.length; length += 1) refuses(good.slice(0, length));
  });

  test("agrees with JSON.parse on any object, wherever metadata stands and however keys are spelled", () => {
    const unit = fc.constantFrom(
      "a",
      "Z",
      "0",
      '"',
      "\\",
      "/",
      "{",
      "}",
      "[",
      "]",
      ":",
      ",",
      "\n",
      "\u0000",
      "é",
      "€",
      "😀",
    );
    const string = fc.string({ unit, maxLength: 60 });
    const samples = fc.record({
      rest: fc.dictionary(
        string,
        fc.oneof(string, fc.double(), fc.array(string), fc.dictionary(string, string)),
        {
          maxKeys: 3,
        },
      ),
      name: string.map((text) => `n${text}`),
      labels: fc.dictionary(string, string, { maxKeys: 3 }),
      first: fc.boolean(),
      indent: fc.integer({ min: 0, max: 3 }),
    });
    fc.assert(
      fc.property(samples, ({ rest, name, labels, first, indent }) => {
        const metadata = { managedFields: [rest], name, labels, uid: "u" };
        const own = { apiVersion: "v1", kind: "K", metadata };
        const item = first ? { ...own, ...rest, ...own } : { ...rest, ...own };
        const bytes = encode(JSON.stringify(item, null, indent));
        const parsed = JSON.parse(new TextDecoder().decode(bytes));
        const header = readItemHeader(bytes);
        expect(header.name).toBe(parsed.metadata.name);
        expect(header.labels).toEqual(parsed.metadata.labels);
      }),
    );
  });

  test("never accepts a text that JSON.parse refuses because a bracket or quote is lost", () => {
    const whole = JSON.stringify({
      apiVersion: "v1",
      kind: "K",
      data: { a: "x".repeat(60), b: [1, [2], { c: "\\" }] },
      metadata: { name: "n", labels: { a: "b" } },
    });
    const structural = [...whole].flatMap((char, index) => ('{}[]"'.includes(char) ? [index] : []));
    fc.assert(
      fc.property(fc.constantFrom(...structural), (index) => {
        refuses(whole.slice(0, index) + whole.slice(index + 1));
      }),
    );
  });
});
