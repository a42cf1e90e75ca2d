import fc from "fast-check";
import { expect, test } from "vitest";
import { itemName } from "#core/kube/lists/item-name.ts";

const name = fc.oneof(fc.string({ unit: "grapheme", minLength: 1, maxLength: 20 }), fc.constant("web-0"));
const metadata = fc.record(
  { name, generateName: name, namespace: name, uid: name, labels: fc.dictionary(name, name, { maxKeys: 2 }) },
  { requiredKeys: ["name"] },
);
const type = fc.constantFrom({}, { kind: "Pod", apiVersion: "v1" }, { apiVersion: "apps/v1", kind: "Pod" });

test("an item is known by its namespace and name, in whatever order its members come", () => {
  fc.assert(
    fc.property(type, metadata, fc.boolean(), (first, meta, reversed) => {
      const members = reversed ? Object.fromEntries(Object.entries(meta).reverse()) : meta;
      const item = Buffer.from(JSON.stringify({ ...first, metadata: members, spec: { name: "other" } }));
      const namespace = meta.namespace === undefined ? "" : JSON.stringify(meta.namespace);
      expect(itemName(item)).toBe(`${namespace}\t${JSON.stringify(meta.name)}`);
    }),
  );
});

test("a namespace that stands behind the uid is not overlooked", () => {
  const item = Buffer.from('{"metadata":{"name":"a","uid":"u","namespace":"n"}}');
  expect(itemName(item)).toBe('"n"\t"a"');
});
