import { describe, expect, it } from "vitest";
import { canComeLate, LANES, type LaneName, laneOf } from "#core/restore/order.ts";

/** Everything that has ended when a lane starts. */
function endedBefore(name: LaneName): Set<LaneName> {
  const ended = new Set<LaneName>();
  const visit = (lane: LaneName): void => {
    for (const before of LANES.find((known) => known.name === lane)?.after ?? []) {
      if (ended.has(before)) continue;
      ended.add(before);
      visit(before);
    }
  };
  visit(name);
  return ended;
}

const lane = (resource: string, group = "") => laneOf({ resource, group });

describe("lanes", () => {
  it("stand in an order in which each follows those it waits for", () => {
    const seen = new Set<LaneName>();
    for (const { name, after } of LANES) {
      expect(after.filter((before) => !seen.has(before))).toEqual([]);
      seen.add(name);
    }
  });

  it.each([
    ["namespaces", lane("configmaps")],
    ["definitions", lane("widgets", "example.com")],
    ["claims", lane("statefulsets", "apps")],
    ["volumes", lane("persistentvolumeclaims")],
    ["configuration", lane("pods")],
    ["configuration", lane("deployments", "apps")],
    ["accounts", lane("jobs", "batch")],
    ["accounts", lane("secrets")],
    ["classes", lane("pods")],
    ["roles", lane("rolebindings", "rbac.authorization.k8s.io")],
    ["pods", lane("deployments", "apps")],
    ["workloads", lane("horizontalpodautoscalers", "autoscaling")],
    ["services", lane("validatingwebhookconfigurations", "admissionregistration.k8s.io")],
    ["custom", lane("validatingadmissionpolicies", "admissionregistration.k8s.io")],
    ["gates", lane("resourcequotas")],
    ["children", lane("resourcequotas")],
  ] as const)("%s ends before %s starts", (before, after) => {
    expect(endedBefore(after)).toContain(before);
  });

  it("of kinds that may wait for their owners end before that of the children starts", () => {
    const kinds = [
      { group: "", resource: "configmaps" },
      { group: "", resource: "secrets" },
      { group: "rbac.authorization.k8s.io", resource: "rolebindings" },
      { group: "policy", resource: "poddisruptionbudgets" },
      { group: "example.com", resource: "widgets" },
    ];
    for (const kind of kinds) {
      expect(canComeLate(kind)).toBe(true);
      expect(endedBefore("children")).toContain(laneOf(kind));
    }
    expect(canComeLate({ group: "apps", resource: "deployments" })).toBe(false);
    expect(canComeLate({ group: "", resource: "persistentvolumeclaims" })).toBe(false);
  });

  it("let Services, which take longest, wait for namespaces alone and keep nobody waiting but the gates", () => {
    expect(endedBefore("services")).toEqual(new Set(["namespaces"]));
    const waiting = LANES.filter(({ after }) => after.includes("services")).map(({ name }) => name);
    expect(waiting).toEqual(["gates"]);
  });
});
