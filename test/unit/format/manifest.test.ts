import { describe, expect, test } from "vitest";
import { ZodError } from "zod";
import { decodeManifest, encodeManifest } from "#core/format/manifest.ts";
import type { Manifest } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";
import { makeFacts } from "#test/unit/catalog/backup-fixtures.ts";

const FILE = { sizeBytes: 1, sha256: "00", etag: '"1"' };
const MANIFEST: Manifest = {
  ...makeFacts("web"),
  schemaVersion: "1.0",
  runId: "0123",
  files: { "b.gz": FILE, "a.gz": FILE },
};

const changed = (change: Record<string, unknown>) => Buffer.from(JSON.stringify({ ...MANIFEST, ...change }));

test("a manifest comes back as it was written", () => {
  expect(decodeManifest(encodeManifest(MANIFEST), "web")).toEqual(MANIFEST);
});

test("the same facts give the same bytes, whatever their order", () => {
  const reversed = Object.fromEntries(Object.entries(MANIFEST).reverse());
  const files = { "a.gz": FILE, "b.gz": FILE };
  const other = encodeManifest({ ...MANIFEST, ...reversed, files });
  expect(Buffer.from(other).toString()).toBe(Buffer.from(encodeManifest(MANIFEST)).toString());
  expect(Buffer.from(encodeManifest(reversed as Manifest)).toString()).toBe(Buffer.from(other).toString());
});

describe("a manifest of another version", () => {
  test("is read, its unknown fields kept, when only the minor number is higher", () => {
    const read = decodeManifest(changed({ schemaVersion: "1.7", novelty: { deep: 1 } }), "web");
    expect(read).toMatchObject({ schemaVersion: "1.7", novelty: { deep: 1 } });
  });

  test.for([
    [{ schemaVersion: "2.0", files: "something else" }, "schema version 2.0"],
    [{ schemaVersion: "10.0" }, "schema version 10.0"],
    [{ encryption: "age" }, "encrypted"],
    [{ encryption: null }, "encrypted"],
  ] as const)("is refused as unsupported: %j", ([change, text]) => {
    expect(() => decodeManifest(changed(change), "web")).toThrow(
      expect.objectContaining({ code: "backup-unsupported", message: expect.stringContaining(text) }),
    );
  });
});

test.for([
  ["no JSON", "{"],
  ["no object", "3"],
  ["null", "null"],
  ["without a version", "{}"],
  ["with a field of another type", changed({ itemCount: "many" }).toString()],
  ["with a version that is none", changed({ schemaVersion: "one" }).toString()],
])("a manifest that is %s is damaged", ([, text = ""]) => {
  expect(() => decodeManifest(Buffer.from(text), "web")).toThrow(
    expect.objectContaining({ code: "backup-damaged" }),
  );
});

/** A million of each would be no larger than an honest manifest may be. */
const heap = <T>(one: T) => Array.from({ length: 10_000 }, () => one);
const mapped = (one: unknown) => Object.fromEntries(heap(one).map((value, n) => [`k${n}`, value]));

test.for([
  ["kinds", { kinds: heap({}) }],
  ["namespaces of a kind's error", { kinds: [{ error: { namespaces: heap(0) } }] }],
  ["namespaces", { namespaces: heap({}) }],
  ["claims", { namespaces: [{ claims: heap({}) }] }],
  ["unread kinds", { namespaces: [{ kindsNotRead: heap(0) }] }],
  ["errors", { errors: heap({}) }],
  ["warnings", { warnings: heap(0) }],
  ["files", { files: mapped(0) }],
  ["selected namespaces", { request: { selection: { includeNamespaces: heap(0) } } }],
  ["labels", { request: { labels: mapped(0) } }],
] as const)(
  "a heap of faulty %s is refused at the first of them, for the guard has little memory",
  ([, faults]) => {
    const refusal = refusalOf(changed(faults));
    expect(refusal).toMatchObject({ code: "backup-damaged", cause: expect.any(ZodError) });
    // One for each field that is missing around it.
    expect((refusal.cause as ZodError).issues.length).toBeLessThan(20);
  },
);

function refusalOf(bytes: Uint8Array): Failure {
  try {
    decodeManifest(bytes, "web");
  } catch (error) {
    if (error instanceof Failure) return error;
    throw error;
  }
  throw new Error("it was read");
}
