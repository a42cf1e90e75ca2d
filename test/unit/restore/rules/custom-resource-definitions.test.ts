import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { transformItem } from "#core/restore/transform.ts";
import { factsFor, storedItem, transformed } from "#test/unit/restore/rules-fixture.ts";

const KEEPS = { "x-kubernetes-preserve-unknown-fields": true };
const ANYTHING = { openAPIV3Schema: { type: "object", ...KEEPS } };
const names = { plural: "gears", kind: "Gear" };
const base = { group: "example.com", names };

/** A definition of v1beta1 through all its rules, as the item of a backup that holds it in `version`. */
function fromBeta(spec: ExactObject, version = "v1beta1") {
  const item = storedItem({
    group: "apiextensions.k8s.io",
    version,
    resource: "customresourcedefinitions",
    kind: "CustomResourceDefinition",
    namespaced: false,
    namespace: "",
    name: "gears.example.com",
  });
  const object = {
    apiVersion: "apiextensions.k8s.io/v1beta1",
    kind: "CustomResourceDefinition",
    metadata: { name: "gears.example.com" },
    spec: { ...base, ...spec },
    status: { storedVersions: ["v1"] },
  };
  const { ruling } = transformItem(
    item,
    Buffer.from(JSON.stringify(object)),
    factsFor({}, { targetVersion: () => "v1" }),
  );
  if (ruling.verdict !== "restore") throw new Error(ruling.message);
  return ruling;
}

describe("a definition of v1beta1", () => {
  it("says for each version what it said for all, with what was meant where it said nothing", () => {
    const { object, warnings } = fromBeta({
      version: "v1",
      validation: { openAPIV3Schema: { properties: { spec: { type: "object" } } } },
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: "Teeth", type: "integer", JSONPath: ".spec.teeth", priority: 1 }],
    });
    expect(object).toEqual({
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: "gears.example.com" },
      spec: {
        ...base,
        scope: "Namespaced",
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: {
              openAPIV3Schema: {
                type: "object",
                ...KEEPS,
                properties: { spec: { type: "object", ...KEEPS } },
              },
            },
            subresources: { status: {} },
            additionalPrinterColumns: [
              { name: "Teeth", type: "integer", jsonPath: ".spec.teeth", priority: 1 },
            ],
          },
        ],
      },
    });
    expect(warnings).toEqual([expect.stringContaining("preserveUnknownFields became")]);
  });

  it("keeps what its versions say for themselves, and a structural schema as it is", () => {
    const schema = { openAPIV3Schema: { type: "object", properties: { spec: { type: "object" } } } };
    const versions = [
      {
        name: "v2",
        served: true,
        storage: false,
        schema,
        additionalPrinterColumns: [{ name: "A", JSONPath: ".a" }],
      },
      { name: "v1", served: true, storage: true, schema, subresources: { scale: {} } },
    ];
    const spec = { scope: "Cluster", version: "v2", versions, preserveUnknownFields: false };
    expect(fromBeta(spec)).toMatchObject({
      warnings: [],
      object: {
        spec: {
          ...base,
          scope: "Cluster",
          versions: [
            { ...versions[0], additionalPrinterColumns: [{ name: "A", jsonPath: ".a" }] },
            versions[1],
          ],
        },
      },
    });
    expect(JSON.stringify(fromBeta(spec).object)).not.toContain("preserve");
  });

  it("gets its conversion webhook back last, in its new shape", () => {
    const conversion = (more: ExactObject) => ({
      versions: [{ name: "v1", served: true, storage: true }],
      conversion: { strategy: "Webhook", webhookClientConfig: { url: "https://a" }, ...more },
    });
    const webhook = (version: string) => ({
      object: { spec: { conversion: { strategy: "None" } } },
      later: [
        {
          name: "conversion",
          patch: {
            spec: {
              conversion: {
                strategy: "Webhook",
                webhook: { clientConfig: { url: "https://a" }, conversionReviewVersions: [version] },
              },
            },
          },
        },
      ],
    });
    expect(fromBeta(conversion({ conversionReviewVersions: ["v1"] }))).toMatchObject(webhook("v1"));
    expect(fromBeta(conversion({}))).toMatchObject(webhook("v1beta1"));
    const none = fromBeta({ ...conversion({}), conversion: { strategy: "None" } });
    expect(none).toMatchObject({ later: [], object: { spec: { conversion: { strategy: "None" } } } });
  });

  it("is known by itself where Velero stored it beside definitions of v1", () => {
    const { object } = fromBeta({ version: "v1" }, "v1");
    expect(object).toMatchObject({
      apiVersion: "apiextensions.k8s.io/v1",
      spec: { versions: [{ name: "v1" }] },
    });
  });
});

describe("a definition", () => {
  const given = (spec: ExactObject, annotations: ExactObject = {}) =>
    transformed({
      resource: "customresourcedefinitions",
      group: "apiextensions.k8s.io",
      object: { metadata: { name: "gears.example.com", annotations }, spec: { ...base, ...spec } },
    });

  it("without a schema gets one that takes everything, and says so", () => {
    expect(given({ versions: [{ name: "v1" }] })).toMatchObject({
      object: { spec: { versions: [{ name: "v1", schema: ANYTHING }] } },
      warnings: [expect.stringContaining("has no schema")],
    });
  });

  it("names what v1 refuses of an old schema, once for all versions", () => {
    const schema = { openAPIV3Schema: { properties: { spec: { oneOf: [{ type: "string" }] } } } };
    const versions = [
      { name: "v2", schema },
      { name: "v1", schema },
    ];
    expect(given({ preserveUnknownFields: true, versions })).toMatchObject({
      warnings: [
        expect.stringContaining("preserveUnknownFields became"),
        expect.stringMatching(/does not take, and validates less: spec\.oneOf$/),
      ],
    });
  });

  it("of a group of Kubernetes' own is marked as unapproved where nobody approved it", () => {
    const approval = "api-approved.kubernetes.io";
    const versions = [{ name: "v1", schema: ANYTHING }];
    for (const group of ["app.k8s.io", "k8s.io", "x.kubernetes.io"]) {
      expect(given({ group, versions })).toMatchObject({
        object: { metadata: { annotations: { [approval]: expect.stringMatching(/^unapproved/) } } },
        warnings: [expect.stringContaining("unapproved")],
      });
    }
    const approved = given({ group: "app.k8s.io", versions }, { [approval]: "https://a" });
    expect(approved).toMatchObject({
      object: { metadata: { annotations: { [approval]: "https://a" } } },
      warnings: [],
    });
    expect(given({ group: "mik8s.io", versions })).toMatchObject({
      object: { metadata: { annotations: {} } },
      warnings: [],
    });
  });
});
