import { expect, it } from "vitest";
import { sent, transformed } from "#test/unit/restore/rules-fixture.ts";

const facts = { apiGroups: new Set(["apps", "kustomize.toolkit.fluxcd.io"]) };
const given = (finalizer: string) => ({
  resource: "configmaps",
  object: { metadata: { name: "one", namespace: "app", finalizers: [finalizer] } },
  facts,
});

it("a finalizer whose controller has no API in the cluster stays, and is warned of", () => {
  expect(sent(given("example.com/mine"))["metadata"]).toMatchObject({ finalizers: ["example.com/mine"] });
  expect(transformed(given("example.com/mine"))).toMatchObject({
    creationWarnings: [expect.stringContaining("example.com/mine")],
  });
});

it.each(["finalizers.fluxcd.io", "fluxcd.io/x", "example.kubernetes.io/x"])("%s has one", (finalizer) => {
  expect(transformed(given(finalizer))).not.toHaveProperty("creationWarnings");
});
