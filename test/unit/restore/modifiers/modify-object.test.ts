import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { stringifyExact } from "#core/objects/exact-json.ts";
import { intendedOf } from "#core/restore/intended.ts";
import { type Given, sent, transformed } from "#test/unit/restore/rules-fixture.ts";

interface RuleGiven {
  readonly conditions?: Record<string, unknown>;
  readonly patches?: readonly Record<string, unknown>[];
  readonly mergePatches?: readonly ExactObject[];
  readonly strategicPatches?: readonly ExactObject[];
}

const data = (patches: readonly ExactObject[] = []) =>
  patches.map((patch) => ({ patchData: stringifyExact(patch) }));

function modifiers(...rules: readonly RuleGiven[]) {
  return {
    modifiers: {
      from: "mods.yaml",
      rules: rules.map(({ conditions, patches, mergePatches, strategicPatches }) => ({
        conditions: { groupResource: "configmaps", ...conditions },
        patches: patches ?? [],
        mergePatches: data(mergePatches),
        strategicPatches: data(strategicPatches),
      })),
    },
  };
}

const metadata = { name: "one", namespace: "app", labels: { tier: "db" } };
const object = { apiVersion: "v1", kind: "ConfigMap", metadata, data: { a: "1" } };
const config = (request: Record<string, unknown>, more: Partial<Given> = {}) =>
  sent({ resource: "configmaps", object, request, ...more })["data"];
const setA = { patches: [{ operation: "replace", path: "/data/a", value: "two" }] };
const changed = { a: "two" };

describe("conditions", () => {
  it.for([
    ["the kind", {}, true],
    ["another kind", { groupResource: "secrets" }, false],
    ["part of the name", { resourceNameRegex: "n" }, true],
    ["a name", { resourceNameRegex: "^two$" }, false],
    ["the namespace", { namespaces: ["x", "a*"] }, true],
    ["another namespace", { namespaces: ["x"] }, false],
    ["a value", { matches: [{ path: "/data/a", value: '"1"' }] }, true],
    ["a number where a string stands", { matches: [{ path: "/data/a", value: "1" }] }, false],
    ["something that is not there", { matches: [{ path: "/data/b", value: "1" }] }, false],
  ] as const)("by %s", ([, conditions, isMeant]) => {
    expect(config(modifiers({ ...setA, conditions }))).toEqual(isMeant ? changed : object.data);
  });

  it("by names as they are in the backup, whatever is mapped", () => {
    const request = {
      ...modifiers({ ...setA, conditions: { namespaces: ["app"] } }),
      namespaceMapping: { app: "b" },
    };
    expect(config(request)).toEqual(changed);
  });

  it("ask the object as it was, not as an earlier rule left it", () => {
    const conditions = { matches: [{ path: "/data/a", value: '"1"' }] };
    const second = { conditions, mergePatches: [{ data: { b: "x" } }] };
    expect(config(modifiers(setA, second))).toEqual({ a: "two", b: "x" });
  });
});

describe("patches", () => {
  const value = (text: string) =>
    (config(modifiers({ patches: [{ operation: "add", path: "/data/v", value: text }] })) as ExactObject)[
      "v"
    ];

  it.for([
    ["5", 5],
    ['"5"', "5"],
    ["true", true],
    ["null", null],
    ["[1,2]", [1, 2]],
    ['{"a":1}', { a: 1 }],
    ["premium", "premium"],
    ["1.2.3", "1.2.3"],
    ["", ""],
    ["true story", "true story"],
  ] as const)("the value %s", ([text, expected]) => {
    expect(value(text)).toEqual(expected);
  });

  it("numbers beyond a double arrive as they were written", () => {
    expect(stringifyExact(value("12345678901234567890") ?? null)).toBe("12345678901234567890");
  });

  it("a test that says no leaves the object to the other rules", () => {
    const no = { patches: [{ operation: "test", path: "/data/a", value: "no" }, ...setA.patches] };
    expect(config(modifiers(no, { mergePatches: [{ data: { b: "x" } }] }))).toEqual({ a: "1", b: "x" });
  });

  it("one that does not fit fails the item, naming the rule", () => {
    const wrong = { patches: [{ operation: "remove", path: "/data/none" }] };
    expect(transformed({ resource: "configmaps", object, request: modifiers(setA, wrong) })).toEqual({
      verdict: "fail",
      reason: "modifier-failed",
      message: "mods.yaml: rule 2 (configmaps): remove /data/none: nothing stands there",
    });
  });

  it.for([
    ["/metadata/name", "metadata.name"],
    ["/metadata/namespace", "metadata.namespace"],
    ["/kind", "kind"],
    ["/apiVersion", "apiVersion"],
  ] as const)("none may make another object of it: %s", ([path, field]) => {
    const request = modifiers({ patches: [{ operation: "replace", path, value: "other" }] });
    expect(transformed({ resource: "configmaps", object, request })).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining(`it would change ${field}`),
    });
  });

  it("strategic ones merge by keys, and are refused for custom resources", () => {
    const strategicPatches = [{ spec: { containers: [{ name: "c", image: "new" }] } }];
    const request = modifiers({ conditions: { groupResource: "**" }, strategicPatches });
    const containers = [
      { name: "b", image: "x" },
      { name: "c", image: "old" },
    ];
    const pod = { ...object, kind: "Pod", spec: { containers } };
    expect(sent({ resource: "pods", object: pod, request })["spec"]).toEqual({
      containers: [
        { name: "b", image: "x" },
        { name: "c", image: "new" },
      ],
    });
    const custom = { resource: "things", group: "example.com", object, request };
    expect(transformed(custom)).toMatchObject({
      verdict: "fail",
      message: expect.stringContaining("built-in"),
    });
  });
});

describe("with steps that come later", () => {
  const cronJobs = (suspend: boolean, request: Record<string, unknown>) => {
    const cron = { ...object, kind: "CronJob", spec: { suspend, schedule: "a" } };
    const ruling = transformed({ resource: "cronjobs", group: "batch", object: cron, request });
    if (ruling.verdict !== "restore") throw new Error(ruling.message);
    return { sent: ruling.object["spec"], intended: intendedOf(ruling)["spec"], later: ruling.later };
  };
  const rule = (spec: ExactObject) =>
    modifiers({ conditions: { groupResource: "cronjobs.batch" }, mergePatches: [{ spec }] });

  it("a CronJob that a rule suspends is not woken by them", () => {
    expect(cronJobs(false, rule({ suspend: true }))).toEqual({
      sent: { suspend: true, schedule: "a" },
      intended: { suspend: true, schedule: "a" },
      later: [],
    });
  });

  it("and what a rule does not touch is held back and woken as ever", () => {
    expect(cronJobs(false, rule({ schedule: "b" }))).toEqual({
      sent: { suspend: true, schedule: "b" },
      intended: { suspend: false, schedule: "b" },
      later: [{ name: "un-suspend", patch: { spec: { suspend: false } }, after: "objects" }],
    });
  });
});
