import { expect, test } from "vitest";
import { transformed } from "./rules-fixture.ts";

const gadget = {
  metadata: { name: "one", namespace: "app", generation: 7 },
  spec: { size: 1 },
  status: { phase: "Running", observedGeneration: 7 },
};
const gadgets = { resource: "gadgets", group: "example.com", object: gadget };
const chosen = { statusKinds: new Set(["gadgets.example.com", "services"]) };

test("a chosen kind's status is patched in once everything is there, at the generation that begins anew", () => {
  expect(transformed({ ...gadgets, facts: chosen })).toMatchObject({
    later: [
      {
        name: "status",
        subresource: "status",
        patch: { status: { phase: "Running", observedGeneration: 1 } },
      },
    ],
  });
});

test("an observedGeneration that was behind stays out", () => {
  const object = { ...gadget, status: { phase: "Running", observedGeneration: 6 } };
  const [step] = laterOf(transformed({ ...gadgets, object, facts: chosen }));
  expect(step?.patch).toEqual({ status: { phase: "Running" } });
});

test("a built-in object's status is left out when it is created and patched in later", () => {
  const object = { metadata: { name: "web", namespace: "app" }, status: { loadBalancer: { ingress: [] } } };
  const ruling = transformed({ resource: "services", object, facts: chosen });
  expect(ruling).toMatchObject({ object: expect.not.objectContaining({ status: expect.anything() }) });
  expect(laterOf(ruling)).toMatchObject([{ name: "status", patch: { status: object.status } }]);
});

test("kinds that are not chosen, and objects without a status, need no later step", () => {
  expect(laterOf(transformed(gadgets))).toEqual([]);
  const { status: _, ...bare } = gadget;
  expect(laterOf(transformed({ ...gadgets, object: bare, facts: chosen }))).toEqual([]);
});

function laterOf(ruling: ReturnType<typeof transformed>) {
  return ruling.verdict === "restore" ? (ruling.later ?? []) : [];
}
