import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { openSchema } from "#core/restore/rules/open-schema.ts";

const KEEPS = { "x-kubernetes-preserve-unknown-fields": true };

function specOf(spec: ExactObject) {
  const { schema, leftOut } = openSchema({ properties: { spec } });
  const { spec: opened } = schema["properties"] as ExactObject;
  return { opened, leftOut };
}

describe("a schema from whose objects nothing is to be pruned", () => {
  it("keeps unknown fields at every level that may hold any, with or without a type", () => {
    const schema = {
      properties: {
        spec: {
          type: "object",
          properties: {
            untyped: {},
            text: { type: "string" },
            port: { "x-kubernetes-int-or-string": true },
            list: { type: "array", items: { type: "object" } },
            anything: { type: "array" },
            byName: { type: "object", additionalProperties: { properties: { a: { type: "integer" } } } },
          },
        },
      },
    };
    expect(openSchema(schema)).toEqual({
      leftOut: [],
      schema: {
        type: "object",
        ...KEEPS,
        properties: {
          spec: {
            type: "object",
            ...KEEPS,
            properties: {
              untyped: KEEPS,
              text: { type: "string" },
              port: { "x-kubernetes-int-or-string": true },
              list: { type: "array", items: { type: "object", ...KEEPS } },
              anything: { type: "array", items: KEEPS },
              byName: {
                type: "object",
                ...KEEPS,
                additionalProperties: { ...KEEPS, properties: { a: { type: "integer" } } },
              },
            },
          },
        },
      },
    });
  });

  it("takes everything where it says nothing", () => {
    expect(openSchema({})).toEqual({ schema: { type: "object", ...KEEPS }, leftOut: [] });
  });

  it("says by the extension alone that any field may be there, since what lies in such fields would be pruned", () => {
    expect(specOf({ additionalProperties: true }).opened).toEqual(KEEPS);
    expect(openSchema({ additionalProperties: { type: "string" } }).schema).toEqual({
      type: "object",
      ...KEEPS,
    });
  });

  it.for<[string, ExactObject]>([
    ["on values", { anyOf: [{ enum: ["a"] }, { minLength: 3, not: { pattern: "^b" } }] }],
    ["on the presence of fields", { oneOf: [{ required: ["a"] }, { required: ["b"] }] }],
    ["for a number or a text", { anyOf: [{ type: "integer" }, { type: "string" }] }],
  ])("keeps a condition %s", ([, condition]) => {
    expect(specOf(condition)).toEqual({ opened: { ...condition, ...KEEPS }, leftOut: [] });
  });

  it.for<[string, ExactObject]>([
    ["speaks of types", { oneOf: [{ type: "string" }] }],
    ["speaks of fields", { allOf: [{ properties: { a: {} } }] }],
    ["does so deep inside", { not: { anyOf: [{ items: { enum: [1] } }] } }],
    ["is none", { anyOf: ["?"] }],
  ])("leaves out and names a condition that %s", ([, condition]) => {
    expect(specOf(condition)).toEqual({ opened: KEEPS, leftOut: [`spec.${Object.keys(condition)[0]}`] });
  });

  it("leaves out and names a list of schemas for the entries of a list", () => {
    expect(specOf({ type: "array", items: [{ type: "string" }] })).toEqual({
      opened: { type: "array", items: KEEPS },
      leftOut: ["spec.items"],
    });
  });

  it("says of what every object has no more than v1 takes", () => {
    const properties = {
      apiVersion: { description: "…" },
      kind: {},
      metadata: { description: "…", properties: { name: { type: "string", maxLength: 9 }, labels: {} } },
    };
    expect(openSchema({ properties })).toEqual({
      leftOut: ["metadata"],
      schema: {
        type: "object",
        ...KEEPS,
        properties: {
          apiVersion: { type: "string" },
          kind: { type: "string" },
          metadata: { type: "object", properties: { name: { type: "string", maxLength: 9 } } },
        },
      },
    });
    expect(openSchema({ properties: { metadata: { type: "object" } } }).leftOut).toEqual([]);
  });
});
