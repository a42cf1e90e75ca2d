import fc from "fast-check";
import { expect, test } from "vitest";
import { type IdentifiedHeader, readItemHeader } from "#core/objects/item-header.ts";
import { readServedHeader } from "#core/objects/served-header.ts";

const text = fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 });
const texts = fc.dictionary(text, text, { maxKeys: 3 });
/** Words that stand where jumps look for keys. */
const decoy = fc.constantFrom(
  '"managedFields":[',
  '],"name":"',
  '"resourceVersion":"',
  "}",
  "managedFields",
  "plain",
);
const managedFields = fc.array(
  fc.record({
    apiVersion: text,
    fieldsType: fc.constant("FieldsV1"),
    fieldsV1: fc.object({ maxDepth: 2, withNullPrototype: false }),
    manager: text,
  }),
  { maxLength: 2 },
);
const owners = fc.array(fc.record({ apiVersion: text, kind: text, name: text, uid: text }), {
  minLength: 1,
  maxLength: 2,
});
const metadata = fc.record(
  {
    // In the order of ObjectMeta.
    name: text,
    generateName: text,
    namespace: text,
    uid: text,
    resourceVersion: text,
    generation: fc.nat(),
    creationTimestamp: fc.constantFrom(null, "2026-01-02T03:04:05Z"),
    deletionTimestamp: fc.constant("2026-01-02T03:04:05Z"),
    deletionGracePeriodSeconds: fc.nat(),
    labels: texts,
    annotations: fc.dictionary(text, decoy, { maxKeys: 3 }),
    ownerReferences: owners,
    finalizers: fc.array(text, { minLength: 1, maxLength: 2 }),
    managedFields,
  },
  { requiredKeys: ["name", "uid", "resourceVersion"] },
);
const rest = fc.record({
  spec: fc.object({ key: fc.oneof(text, fc.constant("managedFields")) }),
  note: decoy,
});

const sorted = (object: object) =>
  Object.fromEntries(Object.entries(object).sort(([a], [b]) => (a < b ? -1 : 1)));
/** With the parts that are read only when they are asked for. */
const whole = (header: IdentifiedHeader) => {
  const { labels, annotations, owners: all } = header;
  return { ...header, labels, annotations, owners: all };
};
const bytesOf = (object: unknown) => Buffer.from(JSON.stringify(object));

test("an object in the order of built-in kinds has the header that a full reading finds", () => {
  fc.assert(
    fc.property(
      fc.tuple(text, text),
      metadata,
      rest,
      ([kind, apiVersion], { managedFields: managed, ...meta }, more) => {
        const bytes = bytesOf({
          kind,
          apiVersion,
          metadata: { ...meta, ...(managed && { managedFields: managed }) },
          ...more,
        });
        expect(whole(readServedHeader(bytes))).toEqual(readItemHeader(bytes));
      },
    ),
  );
});

test("an object in the order of custom resources has the header that a full reading finds", () => {
  fc.assert(
    fc.property(
      fc.tuple(fc.oneof(fc.constant("Widget"), text), fc.oneof(fc.constant("a.b/v1"), text)),
      metadata,
      rest,
      ([kind, apiVersion], meta, more) => {
        const bytes = bytesOf({ apiVersion, ...more, kind, metadata: sorted(meta) });
        const usual = bytesOf({ apiVersion, kind, metadata: sorted(meta), ...more });
        expect(whole(readServedHeader(bytes))).toEqual(readItemHeader(bytes));
        expect(whole(readServedHeader(usual))).toEqual(readItemHeader(usual));
      },
    ),
  );
});

test("a key in a spec that is called managedFields leads nobody astray", () => {
  const bytes = Buffer.from(
    '{"kind":"A","apiVersion":"v1","metadata":{"name":"n","uid":"u"},"spec":{"managedFields":[],"name":"x","resourceVersion":"1"}}',
  );
  expect(readServedHeader(bytes)).toMatchObject({ name: "n", uid: "u", resourceVersion: "" });
});

test("an object that names its kind twice is no object, also where the rest has the server's order", () => {
  const bytes = Buffer.from(
    '{"kind":"Pod","kind":"v1","metadata":{"name":"a","uid":"u","resourceVersion":"1","managedFields":[]}}',
  );
  expect(() => readServedHeader(bytes)).toThrow(/twice/);
});
