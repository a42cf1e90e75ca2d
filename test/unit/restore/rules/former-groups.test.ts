import { describe, expect, it } from "vitest";
import { warnOfFormerGroups } from "#core/restore/rules/former-groups.ts";

const rbac = { group: "rbac.authorization.k8s.io", resource: "roles" };
const admission = (resource: string) => ({ group: "admissionregistration.k8s.io", resource });
const rule = (apiGroups: readonly string[], resources: readonly string[]) => ({ apiGroups, resources });
const warnings = (rules: readonly ReturnType<typeof rule>[], groups = ["apps"]) =>
  warnOfFormerGroups(rbac, { rules }, new Set(groups));

describe("rules that name the group extensions", () => {
  it("are named with what they said something of, and where that is now", () => {
    expect(warnings([rule(["extensions"], ["deployments", "deployments/scale", "ingresses"])])).toEqual([
      expect.stringMatching(
        /extensions.* for deployments.apps, deployments\/scale.apps, ingresses.networking.k8s.io/,
      ),
    ]);
  });

  it("mean all that has moved where they say so", () => {
    expect(warnings([rule(["extensions"], ["*"]), rule(["apps"], ["*"])])).toEqual([
      expect.stringMatching(/for ingresses.networking.k8s.io, networkpolicies.networking.k8s.io they/),
    ]);
  });

  it("are well where they, or others beside them, name today's group too", () => {
    expect(warnings([rule(["extensions", "apps"], ["deployments"])])).toEqual([]);
    expect(warnings([rule(["extensions"], ["deployments"]), rule(["apps"], ["*"])])).toEqual([]);
    expect(warnings([rule(["extensions", "*"], ["ingresses"])])).toEqual([]);
  });

  it("are well where the cluster has the group, and where they name nothing that has moved", () => {
    expect(warnings([rule(["extensions"], ["deployments"])], ["extensions"])).toEqual([]);
    expect(
      warnings([rule(["extensions"], ["podsecuritypolicies"]), rule(["apps"], ["deployments"])]),
    ).toEqual([]);
  });

  it("are looked for in webhooks and policies, and in nothing else", () => {
    const rules = [rule(["extensions"], ["ingresses"])];
    const none = new Set<string>();
    const named = expect.stringContaining("ingresses.networking.k8s.io");
    const hooks = admission("validatingwebhookconfigurations");
    expect(warnOfFormerGroups(hooks, { webhooks: [{ rules }] }, none)).toEqual([named]);
    const policy = { spec: { matchConstraints: { resourceRules: rules } } };
    expect(warnOfFormerGroups(admission("validatingadmissionpolicies"), policy, none)).toEqual([named]);
    expect(warnOfFormerGroups({ group: "example.com", resource: "roles" }, { rules }, none)).toEqual([]);
  });
});
