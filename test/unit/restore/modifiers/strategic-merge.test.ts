import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type ExactObject, parseExact, stringifyExact } from "#core/objects/exact-json.ts";
import { mergePatch } from "#core/restore/merge-patch.ts";
import { mergeKeysOf } from "#core/restore/modifiers/merge-keys.ts";
import { strategicMerge } from "#core/restore/modifiers/strategic-merge.ts";

const deployments = mergeKeysOf({ group: "apps", resource: "deployments" });
const pods = mergeKeysOf({ group: "", resource: "pods" });
const inPod = (object: ExactObject, patch: ExactObject) =>
  strategicMerge({ spec: object }, { spec: patch }, pods)["spec"];

describe("a strategic merge", () => {
  it("matches entries by their keys and adds those that are new", () => {
    const container = (more: ExactObject) => ({ name: "c", image: "a", ...more });
    const before = {
      containers: [
        container({
          env: [{ name: "A", value: "1" }],
          ports: [{ containerPort: 80, protocol: "TCP" }],
          args: ["x"],
        }),
        { name: "side", image: "s" },
      ],
      volumes: [{ name: "v", emptyDir: {} }],
    };
    const patch = {
      containers: [
        {
          name: "c",
          env: [
            { name: "B", value: "2" },
            { name: "A", value: "9" },
          ],
          ports: [{ containerPort: 80, name: "http" }],
          volumeMounts: [{ mountPath: "/m", name: "v" }],
          args: ["y"],
        },
        { name: "new", image: "n" },
      ],
    };
    expect(inPod(before, patch)).toEqual({
      containers: [
        container({
          env: [
            { name: "A", value: "9" },
            { name: "B", value: "2" },
          ],
          ports: [{ containerPort: 80, protocol: "TCP", name: "http" }],
          volumeMounts: [{ mountPath: "/m", name: "v" }],
          args: ["y"],
        }),
        { name: "side", image: "s" },
        { name: "new", image: "n" },
      ],
      volumes: [{ name: "v", emptyDir: {} }],
    });
  });

  it("reaches the template of what makes pods", () => {
    const template = (image: string) => ({
      spec: { template: { spec: { containers: [{ name: "c", image, tty: true }] } } },
    });
    const patch = { spec: { template: { spec: { containers: [{ name: "c", image: "b" }] } } } };
    expect(strategicMerge(template("a"), patch, deployments)).toEqual(template("b"));
  });

  it("replaces lists that have no key, as tolerations", () => {
    expect(inPod({ tolerations: [{ key: "a" }] }, { tolerations: [{ key: "b" }] })).toEqual({
      tolerations: [{ key: "b" }],
    });
  });

  it("knows a Service's ports by port, and a pod's by containerPort", () => {
    const services = mergeKeysOf({ group: "", resource: "services" });
    const ports = { spec: { ports: [{ port: 80, name: "http" }] } };
    expect(strategicMerge(ports, { spec: { ports: [{ port: 80, targetPort: 8080 }] } }, services)).toEqual({
      spec: { ports: [{ port: 80, name: "http", targetPort: 8080 }] },
    });
  });

  it("deletes and replaces by $patch", () => {
    const volumes = [{ name: "a" }, { name: "b" }];
    expect(inPod({ volumes }, { volumes: [{ name: "a", $patch: "delete" }] })).toEqual({
      volumes: [{ name: "b" }],
    });
    expect(inPod({ volumes }, { volumes: [{ name: "c" }, { $patch: "replace" }] })).toEqual({
      volumes: [{ name: "c" }],
    });
    expect(inPod({ nodeSelector: { a: "1" } }, { nodeSelector: { b: "2", $patch: "replace" } })).toEqual({
      nodeSelector: { b: "2" },
    });
    expect(inPod({ nodeSelector: { a: "1" } }, { nodeSelector: { $patch: "delete" } })).toEqual({
      nodeSelector: {},
    });
  });

  it("keeps only the $retainKeys, and takes values out of plain lists", () => {
    const volumes = [{ name: "a", emptyDir: {} }];
    const patch = { volumes: [{ name: "a", $retainKeys: ["name", "configMap"], configMap: { name: "c" } }] };
    expect(inPod({ volumes }, patch)).toEqual({ volumes: [{ name: "a", configMap: { name: "c" } }] });
    const metadata = { finalizers: ["a/x", "b/y"] };
    const drop = { metadata: { "$deleteFromPrimitiveList/finalizers": ["a/x"] } };
    expect(strategicMerge({ metadata }, drop, pods)).toEqual({ metadata: { finalizers: ["b/y"] } });
    expect(strategicMerge({ metadata }, { metadata: { finalizers: ["c/z", "a/x"] } }, pods)).toEqual({
      metadata: { finalizers: ["a/x", "b/y", "c/z"] },
    });
  });

  it.for([
    [{ volumes: [{ emptyDir: {} }] }, "no name"],
    [{ volumes: ["a"] }, "objects"],
    [{ $patch: "merge-all" }, "$patch"],
    [{ "$setElementOrder/volumes": [] }, "not understood"],
  ] as const)("%o is refused", ([patch, message]) => {
    expect(() => inPod({}, patch)).toThrow(message);
  });
});

const fields = fc.dictionary(
  fc.string().filter((key) => !key.startsWith("$") && key !== "__proto__"),
  fc.oneof(
    fc.integer(),
    fc.string(),
    fc.constant(null),
    fc.array(fc.integer()),
    fc.dictionary(fc.constantFrom("a", "b"), fc.oneof(fc.integer(), fc.constant(null))),
  ),
) as fc.Arbitrary<ExactObject>;

describe("for any object and patch", () => {
  it("a strategic merge without keys or directives is a merge patch", () => {
    fc.assert(
      fc.property(fields, fields, (object, patch) => {
        expect(strategicMerge(object, patch, new Map())).toEqual(mergePatch(object, patch));
      }),
    );
  });

  it("merging twice is merging once", () => {
    fc.assert(
      fc.property(fields, fields, (object, patch) => {
        const once = mergePatch(object, patch);
        expect(mergePatch(once, patch)).toEqual(once);
      }),
    );
  });

  it("numbers keep their spelling", () => {
    const [object, patch] = ['{"a":9007199254740993}', '{"b":1.50,"c":18446744073709551615}'].map(parseExact);
    expect(stringifyExact(mergePatch(object as ExactObject, patch as ExactObject))).toBe(
      '{"a":9007199254740993,"b":1.50,"c":18446744073709551615}',
    );
  });
});
