import { describe, expect, it } from "vitest";
import { compileGroupResourceGlob } from "#core/restore/modifiers/group-resource-glob.ts";
import * as re2 from "#core/restore/modifiers/re2.ts";
import { growth, LINEAR } from "#test/fixtures/growth.ts";

/** As gobwas/glob 0.2.3 answers, which Velero 1.18 asks with the dot as separator. */
describe("a glob of kinds means what it means to Velero", () => {
  it.for([
    ["pods", "pods", true],
    ["*", "pods", true],
    ["*", "deployments.apps", false],
    ["*.apps", "deployments.apps", true],
    ["**", "ingresses.networking.k8s.io", true],
    ["**.k8s.io", "ingresses.networking.k8s.io", true],
    ["*.k8s.io", "ingresses.networking.k8s.io", false],
    ["*.networking.k8s.io", "ingresses.networking.k8s.io", true],
    ["pod?", "pods", true],
    ["pods?apps", "pods.apps", false],
    ["{deployments,statefulsets}.apps", "statefulsets.apps", true],
    ["{deployments,statefulsets}.apps", "daemonsets.apps", false],
    ["{*.apps,cronjobs.*}", "cronjobs.batch", true],
    ["{pods,{a,b}.apps}", "b.apps", true],
    ["pods{,.metrics}", "pods", true],
    ["a,b", "a,b", true],
    ["[a-d]*.apps", "deployments.apps", true],
    ["[!a-d]*.apps", "deployments.apps", false],
    ["[sp]*", "pods", true],
    ["[!sp]*", "pods", false],
    ["[ab-d]", "c", false],
    ["[ab-d]", "-", true],
    ["x[!a]y", "x.y", true],
    ["[(|)]", "|", true],
    ["\\*", "*", true],
    ["\\*", "pods", false],
    ["deployments.apps", "deploymentsXapps", false],
    ["(?i)PODS", "pods", false],
  ] as const)("%s and %s", ([pattern, name, isMeant]) => {
    expect(compileGroupResourceGlob(pattern, re2)(name)).toBe(isMeant);
  });

  it.for([
    ["{a", "a brace does not close"],
    ["a}", "a brace stands alone"],
    ["[a", "a bracket does not close"],
    ["[]", "it holds nothing"],
    ["[!]", "it holds nothing"],
    ["[z-a]", "it runs backwards"],
    ["[^a]", "all others are [!…]"],
    ["a\\", "a backslash stands at the end"],
  ] as const)("%s is refused: %s", ([pattern, why]) => {
    expect(() => compileGroupResourceGlob(pattern, re2)).toThrow(why);
  });
});

it.for(["**a", "*a", "{a,*a}"] as const)(
  "a hostile one, of many %s, takes time that grows as the name does",
  (part) => {
    const test = compileGroupResourceGlob(`${part.repeat(12)}b`, re2);
    const run = (length: number) => () => expect(test("a".repeat(length))).toBe(false);
    expect(growth(run(14), run(28))).toBeLessThan(LINEAR);
  },
);
