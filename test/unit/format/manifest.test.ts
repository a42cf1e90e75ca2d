import { describe, expect, test } from "vitest";
import { decodeManifest, encodeManifest } from "#core/format/manifest.ts";
import type { Manifest } from "#core/model/backup.ts";
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
