import { describe, expect, it } from "vitest";
import type { Cluster } from "#core/kube/cluster.ts";
import { modifiersOfCluster, modifiersOfFile } from "#plugin/requests/modifiers-request.ts";
import { readModifiers } from "#plugin/requests/modifiers-text.ts";

const rule = (lines: string) =>
  `version: v1\nresourceModifierRules:\n- conditions:\n    groupResource: pods\n${lines}`;
const failing = (text: string): Promise<string> => readModifiers("mods.yaml", text).then(() => "", String);

describe("a modifiers file", () => {
  it("and a ConfigMap at once are refused: one of them would be forgotten", async () => {
    const given = { modifiers: "mods.yaml", resourceModifierConfigmap: "mods" };
    await expect(modifiersOfFile(given)).rejects.toMatchObject({ code: "usage" });
  });

  it("is read as Velero reads it: plain values are text, patch data is YAML or JSON with exact numbers", async () => {
    const text = `
version: v1
resourceModifierRules:
- conditions:
    groupResource: persistentvolumeclaims
    resourceNameRegex: "^mysql.*$"
    namespaces: [bar, foo]
    labelSelector: {matchLabels: {foo: bar}}
    matches: [{path: /spec/x, value: 3}]
  patches:
  - {operation: Replace, path: /spec/storageClassName, value: premium}
  - {operation: remove, path: /metadata/labels/test}
- conditions: {groupResource: deployments.apps}
  mergePatches:
  - patchData: |
      spec: {replicas: 12345678901234567890, defaultMode: 0644, paused: yes, ratio: 1.50, port: "80"}
  - patchData: '{"a":null}'
`;
    expect(await readModifiers("mods.yaml", text)).toEqual({
      from: "mods.yaml",
      rules: [
        {
          conditions: {
            groupResource: "persistentvolumeclaims",
            resourceNameRegex: "^mysql.*$",
            namespaces: ["bar", "foo"],
            labelSelector: { matchLabels: { foo: "bar" }, matchExpressions: [] },
            matches: [{ path: "/spec/x", value: "3" }],
          },
          patches: [
            { operation: "replace", path: "/spec/storageClassName", value: "premium" },
            { operation: "remove", path: "/metadata/labels/test", value: "" },
          ],
          mergePatches: [],
          strategicPatches: [],
        },
        {
          conditions: {
            groupResource: "deployments.apps",
            resourceNameRegex: "",
            namespaces: [],
            matches: [],
          },
          patches: [],
          mergePatches: [
            {
              patchData:
                '{"spec":{"replicas":12345678901234567890,"defaultMode":420,"paused":true,"ratio":1.50,"port":"80"}}',
            },
            { patchData: '{"a":null}' },
          ],
          strategicPatches: [],
        },
      ],
    });
  });

  it.for([
    ["another version", "version: v2\nresourceModifierRules: []", "only version v1"],
    ["no rules", "version: v1\nresourceModifierRules: []", "no rule"],
    ["broken YAML", "version: v1\n  x: [", "mods.yaml"],
    ["an unknown word", rule("  patchs: []"), "rule 1: Unrecognized key"],
    [
      "an unknown operation",
      rule("  patches: [{operation: swap, path: /a}]"),
      "rule 1: patches[0].operation",
    ],
    [
      "a path without slash",
      rule("  patches: [{operation: add, path: a}]"),
      'rule 1: patches[0].path: a path begins with "/"',
    ],
    [
      "a copy from nowhere",
      rule("  patches: [{operation: copy, path: /a}]"),
      "rule 1: copy /a: from is missing",
    ],
    [
      "a bad regex",
      rule('    resourceNameRegex: "("\n  patches: [{operation: remove, path: /a}]'),
      "mods.yaml: rule 1: resourceNameRegex is no regular expression as Go has them (RE2): missing closing ): `(`",
    ],
    [
      "a regex that only other languages know",
      rule('    resourceNameRegex: "^(?!web)"\n  patches: [{operation: remove, path: /a}]'),
      "invalid or unsupported Perl syntax: `(?!`",
    ],
    [
      "a glob of kinds that does not close",
      rule("  patches: [{operation: remove, path: /a}]").replace("pods", '"{pods,secrets"'),
      'rule 1: "{pods,secrets": a brace does not close',
    ],
    ["a bad glob", rule('    namespaces: ["["]\n  patches: [{operation: remove, path: /a}]'), "rule 1: "],
    ["nothing to do", rule("  patches: []"), "rule 1: one of patches"],
    [
      "two kinds of patches",
      rule("  patches: [{operation: remove, path: /a}]\n  mergePatches: [{patchData: '{}'}]"),
      "only one",
    ],
    [
      "a value that is no JSON",
      rule("  patches: [{operation: add, path: /a, value: '{x'}]"),
      "rule 1: the value {x is not JSON",
    ],
    [
      "patch data that is no object",
      rule("  mergePatches: [{patchData: '3'}]"),
      "rule 1: patchData is not an object",
    ],
    ["patch data that is no YAML", rule("  mergePatches: [{patchData: '{'}]"), "rule 1: patchData:"],
  ] as const)("with %s is refused", async ([, text, message]) => {
    expect(await failing(text)).toContain(message);
  });
});

describe("the source of modifiers", () => {
  const given = (modifiers?: string, resourceModifierConfigmap?: string) =>
    ({ modifiers, resourceModifierConfigmap }) as Parameters<typeof modifiersOfFile>[0];
  const signal = new AbortController().signal;
  const asked: string[] = [];
  const cluster = (data: Record<string, string> | undefined) =>
    ({
      info: { namespace: "mine" },
      get: async ({ namespace, name }: { namespace: string; name: string }) => {
        asked.push(`${namespace}/${name}`);
        return data === undefined ? undefined : Buffer.from(JSON.stringify({ data }));
      },
    }) as unknown as Cluster;
  const text = rule("  patches: [{operation: remove, path: /a}]");

  it("is a file, or a ConfigMap of the context's namespace, of another, or of Velero's", async () => {
    expect(await modifiersOfFile(given("configmap/a"))).toBeUndefined();
    expect(await modifiersOfFile(given())).toBeUndefined();
    await expect(modifiersOfFile(given("/no/such/file"))).rejects.toThrow("/no/such/file cannot be read");
    for (const one of [given("configmap/a"), given("cm/b/a"), given(undefined, "a")]) {
      expect((await modifiersOfCluster(one, cluster({ rules: text }), signal))?.rules).toHaveLength(1);
    }
    expect(asked).toEqual(["mine/a", "b/a", "velero/a"]);
    expect(await modifiersOfCluster(given("file.yaml"), cluster({}), signal)).toBeUndefined();
  });

  it("that is not there, or has not one entry, is told", async () => {
    await expect(modifiersOfCluster(given("configmap/a"), cluster(undefined), signal)).rejects.toThrow(
      "there is no configmap/mine/a",
    );
    await expect(
      modifiersOfCluster(given("configmap/a"), cluster({ a: text, b: text }), signal),
    ).rejects.toThrow("2 entries");
    await expect(modifiersOfCluster(given("configmap/"), cluster({}), signal)).rejects.toThrow(
      "is not configmap/NAME",
    );
  });
});
