import { expect, it } from "vitest";
import { transformed } from "#test/unit/restore/rules-fixture.ts";

const conversion = {
  strategy: "Webhook",
  webhook: { clientConfig: { caBundle: "old", service: { name: "converter" } } },
};
const versions = [
  { name: "v2", served: true, storage: true },
  { name: "v1", served: true, storage: false },
];
const given = (written: string | undefined, annotations: Record<string, string> = {}) => ({
  resource: "customresourcedefinitions",
  group: "apiextensions.k8s.io",
  object: { metadata: { name: "gears.example.com", annotations }, spec: { conversion, versions } },
  facts: { itemVersions: new Map(written === undefined ? [] : [["gears.example.com", written]]) },
});

it("a definition is created without its webhook and gets it back last", () => {
  expect(transformed(given(undefined))).toMatchObject({
    object: { spec: { conversion: { strategy: "None" }, versions } },
    later: [{ name: "conversion", after: "gates", patch: { spec: { conversion, versions } } }],
  });
});

it("it stores meanwhile the version in which its objects are written, so that none is converted", () => {
  expect(transformed(given("v1"))).toMatchObject({
    object: {
      spec: {
        versions: [
          { name: "v2", storage: false },
          { name: "v1", storage: true },
        ],
      },
    },
    later: [{ patch: { spec: { versions } } }],
  });
  expect(transformed(given("v0"))).toMatchObject({ object: { spec: { versions } } });
});

it("its webhook is that of the copy", () => {
  const service = { name: "converter", namespace: "app" };
  const { object, ...rest } = given(undefined);
  const spec = {
    ...object.spec,
    conversion: { strategy: "Webhook", webhook: { clientConfig: { service } } },
  };
  const request = { namespaceMapping: { app: "copy" } };
  expect(transformed({ ...rest, object: { ...object, spec }, request })).toHaveProperty(
    "later.0.patch.spec.conversion.webhook.clientConfig.service.namespace",
    "copy",
  );
});

it("it does not get a certificate back that cert-manager puts in", () => {
  expect(transformed(given(undefined, { "cert-manager.io/inject-ca-from": "x" }))).toHaveProperty(
    "later.0.patch.spec.conversion.webhook.clientConfig",
    { service: { name: "converter" } },
  );
});

it("one that is converted by nobody is left as it is", () => {
  const { object, ...rest } = given("v1");
  const plain = { ...object, spec: { versions } };
  expect(transformed({ ...rest, object: plain })).toMatchObject({ object: plain, later: [] });
});

it("names that change places change once, and nothing of the webhook is sent at first", () => {
  const service = { name: "converter", namespace: "left" };
  const { object, ...rest } = given(undefined);
  const spec = {
    ...object.spec,
    conversion: { strategy: "Webhook", webhook: { clientConfig: { service } } },
  };
  const request = { namespaceMapping: { left: "right", right: "left" } };

  const ruling = transformed({ ...rest, object: { ...object, spec }, request });

  expect(ruling).toHaveProperty("object.spec.conversion", { strategy: "None" });
  expect(ruling).toHaveProperty(
    "later.0.patch.spec.conversion.webhook.clientConfig.service.namespace",
    "right",
  );
});
