import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { eventually } from "#test/harness/eventually.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { backUpRewritten, backUpServedBefore, specOf } from "./rewritten.ts";
import { namespace, openRig, type Rig } from "./rig.ts";

let rig: Rig;
beforeAll(async () => {
  rig = await openRig(sharedCluster());
});
afterAll(() => rig.stop());

const DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";

function open(properties: Record<string, unknown> = {}) {
  return {
    openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true, properties },
  };
}

/** A kind of a test's own in a group of its own. */
function definition(name: string, spec: Record<string, unknown> = {}) {
  const group = `${name}.example.com`;
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `${name}.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: { plural: name, singular: name, kind: `K${name}` },
      versions: [{ name: "v1", served: true, storage: true, schema: open() }],
      ...spec,
    },
  };
}

async function untilServed(path: string): Promise<void> {
  await eventually("served", async () => (await rig.client.request("GET", path)).status === 200);
}

async function removeDefinition(name: string): Promise<void> {
  await rig.client.delete(`${DEFINITIONS}/${name}`);
  await eventually("gone", async () => (await rig.client.find(`${DEFINITIONS}/${name}`)) === undefined);
}

describe("a definition whose objects a webhook converts", () => {
  it("returns with its objects although nobody answers, and has its webhook and its versions back at the end", async () => {
    const [app, plural] = [uniqueName("app"), uniqueName("gears").replace("-", "")];
    const group = `${plural}.example.com`;
    const versions = [
      { name: "v2", served: true, storage: false, schema: open() },
      { name: "v1", served: true, storage: true, schema: open() },
    ];
    const conversion = {
      strategy: "Webhook",
      webhook: {
        conversionReviewVersions: ["v1"],
        clientConfig: { service: { namespace: app, name: "converter", port: 443, path: "/" } },
      },
    };
    const gears = definition(plural, { versions });
    await rig.client.apply([namespace(app), gears]);
    const path = (ns: string, version = "v1") => `/apis/${group}/${version}/namespaces/${ns}/${plural}`;
    await untilServed(path("default"));
    for (const name of ["one", "two"]) {
      await rig.client.create(path(app), {
        apiVersion: `${group}/v1`,
        kind: `K${plural}`,
        metadata: { name },
        spec: { teeth: 7 },
      });
    }
    const stored = `${DEFINITIONS}/${gears.metadata.name}`;
    // As somebody's cluster has it whose webhook answers; here nobody does, before and after.
    const backup = await backUpRewritten(
      rig,
      specOf("CustomResourceDefinition", gears.metadata.name, (spec) => ({ ...spec, conversion })),
    );
    await rig.removeNamespace(app);
    await removeDefinition(gears.metadata.name);

    const report = await rig.restore(backup, { selection: { includeNamespaces: [app] } });

    expect(report.failed).toEqual([]);
    expect(report.troubles).toEqual([]);
    const restored = await rig.client.get(stored);
    expect(restored["spec"]).toMatchObject({
      conversion,
      versions: [
        { name: "v2", storage: false },
        { name: "v1", storage: true },
      ],
    });
    expect(restored.metadata["annotations"]).not.toHaveProperty("kubectl-backup.io/pending-steps");
    // They lie in the version in which they were written: only in another one they take the webhook.
    const read = (version: string) => rig.client.request("GET", path(app, version));
    const asksWebhook = async () => /conversion webhook for \S+\/v2/.test((await read("v1")).text);
    await eventually("the webhook to be asked", asksWebhook);
    expect((await read("v2")).status).toBe(200);
    await rig.client.patch(stored, { spec: { conversion: { strategy: "None", webhook: null } } }, "merge");
    await untilServed(path(app));
    expect((await rig.client.list(path(app))).map(({ spec }) => spec)).toEqual([{ teeth: 7 }, { teeth: 7 }]);
    await removeDefinition(gears.metadata.name);
  });
});

describe("a definition", () => {
  it("whose names clash with those of another fails at once with that reason, and so do its objects", async () => {
    const [app, plural] = [uniqueName("app"), uniqueName("cogs").replace("-", "")];
    const cogs = definition(plural);
    const group = cogs.spec.group;
    await rig.client.apply([namespace(app), cogs]);
    const path = (ns: string) => `/apis/${group}/v1/namespaces/${ns}/${plural}`;
    await untilServed(path("default"));
    await rig.client.create(path(app), {
      apiVersion: `${group}/v1`,
      kind: `K${plural}`,
      metadata: { name: "one" },
    });
    const backup = await rig.backUp([app]);
    await rig.removeNamespace(app);
    await removeDefinition(cogs.metadata.name);
    const rival = definition(plural, {
      names: { plural: `${plural}x`, singular: `${plural}x`, kind: `K${plural}` },
    });
    rival.metadata.name = `${plural}x.${group}`;
    await rig.client.apply([rival]);
    await untilServed(`${path("default")}x`);
    const startedAt = performance.now();

    const report = await rig.restore(backup);

    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(report.failed.map(({ kind, outcome }) => [kind, "reason" in outcome && outcome.reason])).toEqual([
      [`K${plural}`, "kind-not-established"],
    ]);
    expect(report.troubles).toEqual([expect.stringMatching(/is not established: .*already in use/)]);
    await removeDefinition(cogs.metadata.name);
    await removeDefinition(rival.metadata.name);
  });

  it("with preserveUnknownFields returns with schemas that say so, and is established", async () => {
    const plural = uniqueName("bolts").replace("-", "");
    const bolts = definition(plural);
    await rig.client.apply([bolts]);
    await untilServed(`/apis/${bolts.spec.group}/v1/namespaces/default/${plural}`);
    // Servers that store it as it was are too old to run here: their answer is what the backup reads.
    const backup = await backUpRewritten(
      rig,
      specOf("CustomResourceDefinition", bolts.metadata.name, (spec) => ({
        ...spec,
        preserveUnknownFields: true,
      })),
    );
    await removeDefinition(bolts.metadata.name);

    const report = await rig.restore(backup, {
      selection: { includeResources: [`customresourcedefinitions/${bolts.metadata.name}`] },
    });

    expect(report.failed).toEqual([]);
    expect(report.warned.flatMap(({ warnings }) => warnings)).toEqual([
      expect.stringMatching(/preserveUnknownFields became/),
    ]);
    expect(report.troubles).toEqual([]);
    await untilServed(`/apis/${bolts.spec.group}/v1/namespaces/default/${plural}`);
    await removeDefinition(bolts.metadata.name);
  });
});

describe("a definition of v1beta1", () => {
  it("returns as v1 with its objects, of which nothing is lost at any depth", async () => {
    const [app, plural] = [uniqueName("app"), uniqueName("nuts").replace("-", "")];
    const nuts = definition(plural);
    const { group, names } = nuts.spec;
    await rig.client.apply([namespace(app), nuts]);
    const path = (ns: string) => `/apis/${group}/v1/namespaces/${ns}/${plural}`;
    await untilServed(path("default"));
    const spec = {
      said: { more: { and: "more" } },
      list: [{ of: { things: true } }],
      mapped: { a: { b: { c: 1 } } },
      port: "http",
      unsaid: [{ x: [{ y: "z" }] }],
    };
    await rig.client.create(path(app), {
      apiVersion: `${group}/v1`,
      kind: `K${plural}`,
      metadata: { name: "one" },
      spec,
    });
    // As many wrote them then: hardly a type is given, and a condition speaks of fields.
    const said = {
      properties: {
        said: { properties: { more: { type: "object" } } },
        list: { type: "array", items: { properties: { of: {} } } },
        mapped: { additionalProperties: true },
        port: { anyOf: [{ type: "integer" }, { type: "string" }] },
        any: { type: "array" },
      },
      oneOf: [{ required: ["said"] }, { properties: { never: { type: "string" } }, required: ["never"] }],
    };
    const metadata = { properties: { labels: { type: "object" } } };
    const old = {
      group,
      names,
      scope: "Namespaced",
      version: "v1",
      versions: [{ name: "v1", served: true, storage: true }],
      validation: { openAPIV3Schema: { properties: { kind: {}, metadata, spec: said } } },
      subresources: { status: {} },
      additionalPrinterColumns: [{ name: "Port", type: "string", JSONPath: ".spec.port" }],
      conversion: { strategy: "None" },
      preserveUnknownFields: true,
    };
    const backup = await backUpServedBefore(
      rig,
      {
        "customresourcedefinitions.apiextensions.k8s.io": {
          group: "apiextensions.k8s.io",
          version: "v1beta1",
        },
      },
      (object) => specOf("CustomResourceDefinition", nuts.metadata.name, () => old)(object) ?? object,
    );
    await rig.removeNamespace(app);
    await removeDefinition(nuts.metadata.name);

    const report = await rig.restore(backup, { selection: { includeNamespaces: [app] } });

    expect(report.failed).toEqual([]);
    expect(report.troubles).toEqual([]);
    expect(report.warned.flatMap(({ warnings }) => warnings)).toEqual([
      expect.stringMatching(/preserveUnknownFields became/),
      expect.stringMatching(/validates less: spec\.oneOf, metadata$/),
    ]);
    expect((await rig.client.list(path(app))).map((one) => one["spec"])).toEqual([spec]);
    const { versions } = (await rig.client.get(`${DEFINITIONS}/${nuts.metadata.name}`))["spec"] as {
      readonly versions: readonly object[];
    };
    expect(versions).toMatchObject([
      { subresources: { status: {} }, additionalPrinterColumns: [{ name: "Port", jsonPath: ".spec.port" }] },
    ]);
    const again = await rig.restore(backup, { selection: { includeNamespaces: [app] } });
    expect(again.counts).toMatchObject({ created: 0, updated: 0, failed: 0 });
    expect(again.differing).toEqual([]);
    await removeDefinition(nuts.metadata.name);
  });
});

describe("custom resources", () => {
  it("keep the status of a kind without status subresource; fields that the target does not know are named, or fail alone", async () => {
    const [app, plural] = [uniqueName("app"), uniqueName("nuts").replace("-", "")];
    const nuts = definition(plural);
    await rig.client.apply([namespace(app), nuts]);
    const path = (ns: string) => `/apis/${nuts.spec.group}/v1/namespaces/${ns}/${plural}`;
    await untilServed(path("default"));
    const type = { apiVersion: `${nuts.spec.group}/v1`, kind: `K${plural}` };
    const one = { ...type, metadata: { name: "one" }, spec: { unknown: 1 }, status: { phase: "Good" } };
    await rig.client.create(path(app), one);
    await rig.client.create(path(app), { ...type, metadata: { name: "other" }, spec: {} });
    const backup = await rig.backUp([app]);
    for (const name of ["one", "other"]) await rig.client.delete(`${path(app)}/${name}`);
    const closed = {
      type: "object",
      properties: { spec: { type: "object" }, status: open().openAPIV3Schema },
    };
    const versions = [{ name: "v1", served: true, storage: true, schema: { openAPIV3Schema: closed } }];
    await rig.client.patch(`${DEFINITIONS}/${nuts.metadata.name}`, { spec: { versions } }, "merge");
    await eventually("the schema to close", async () => {
      const dry = await rig.client.request("POST", `${path(app)}?dryRun=All&fieldValidation=Strict`, {
        body: one,
      });
      return dry.status === 400;
    });

    const strict = await rig.restore(backup, { strict: true });
    expect(strict.failed.map(({ name, outcome }) => [name, outcome])).toEqual([
      ["one", expect.objectContaining({ message: expect.stringMatching(/unknown field "spec.unknown"/) })],
    ]);
    expect(await rig.client.find(`${path(app)}/other`)).toBeDefined();
    const report = await rig.restore(backup);

    expect(report.failed).toEqual([]);
    expect(report.warned.flatMap(({ warnings }) => warnings)).toContainEqual(
      expect.stringMatching(/unknown field "spec.unknown"/),
    );
    expect(await rig.client.get(`${path(app)}/one`)).toMatchObject({ spec: {}, status: { phase: "Good" } });
    await rig.client.delete(`${path(app)}/one`);
    await removeDefinition(nuts.metadata.name);
  });
});
