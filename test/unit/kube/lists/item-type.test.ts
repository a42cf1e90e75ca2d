import { describe, expect, it } from "vitest";
import { typeSplicer } from "#core/kube/lists/item-type.ts";

const typed = typeSplicer({ group: "apps", version: "v1", kind: "Deployment" });
const splice = (item: Uint8Array) => typed([item])[0] ?? item;
const spliced = (item: string) => Buffer.from(splice(Buffer.from(item))).toString();

describe("the type of an item", () => {
  it.each([
    ['{"metadata":{"name":"a"}}', '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{"name":"a"}}'],
    ["{}", '{"kind":"Deployment","apiVersion":"apps/v1"}'],
    ['{"apiVersion":"apps/v1","metadata":{}}', '{"kind":"Deployment","apiVersion":"apps/v1","metadata":{}}'],
  ])("is put in front of %s", (item, expected) => {
    expect(spliced(item)).toBe(expected);
  });

  it.each([
    '{"apiVersion":"apps/v1","kind":"Deployment","metadata":{}}',
    '{"kind":"Deployment","apiVersion":"apps/v1","spec":{"n":1.10}}',
    '{"alpha":1,"apiVersion":"ex.com/v2","kind":"Cw"}',
  ])("is left alone where it stands: %s", (item) => {
    expect(spliced(item)).toBe(item);
  });

  it("is not confused by the types that stand deeper inside", () => {
    const item = '{"metadata":{"ownerReferences":[{"apiVersion":"v1","kind":"Pod"}]}}';
    expect(JSON.parse(spliced(item))).toMatchObject({ apiVersion: "apps/v1", kind: "Deployment" });
  });
});
