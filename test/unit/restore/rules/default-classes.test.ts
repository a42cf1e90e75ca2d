import { expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { ruleFor } from "#core/restore/rules.ts";
import { factsFor, sent, transformed } from "#test/unit/restore/rules-fixture.ts";

const mark = "storageclass.kubernetes.io/is-default-class";
const kind = { resource: "storageclasses", group: "storage.k8s.io" };
const object = (value: string): ExactObject => ({
  metadata: { name: "fast", annotations: { [mark]: value, mine: "yes" } },
});
const defaults = (...names: readonly string[]) => ({
  defaultClasses: new Map([["storageclasses.storage.k8s.io", names]]),
});

it("a default class is one among others where the cluster has a default of its own", () => {
  expect(transformed({ ...kind, object: object("true"), facts: defaults("own") })).toMatchObject({
    object: { metadata: { name: "fast", annotations: { mine: "yes" } } },
    warnings: [expect.stringMatching(/not the default any more.*own/)],
  });
});

it.each([{ facts: {} }, { facts: defaults("fast") }])(
  "it stays the default where no other is",
  ({ facts }) => {
    expect(sent({ ...kind, object: object("true"), facts })).toEqual(object("true"));
  },
);

it("a class that was no default is left as it is", () => {
  expect(sent({ ...kind, object: object("false"), facts: defaults("own") })).toEqual(object("false"));
});

it("a second default priority class is created as one among others, other refusals stand", () => {
  const { afterRefusal } = ruleFor({ resource: "priorityclasses", group: "scheduling.k8s.io" });
  const refusal = (message: string) => ({ status: 403, message, request: factsFor().request });
  const globalDefault = { value: 5, globalDefault: true };
  expect(afterRefusal?.(globalDefault, refusal("x is already marked as default"))).toMatchObject({
    object: { value: 5 },
    warning: expect.stringMatching(/not the default/),
  });
  expect(afterRefusal?.(globalDefault, refusal("no"))).toBeUndefined();
  expect(afterRefusal?.({ value: 5 }, refusal("already marked as default"))).toBeUndefined();
});
