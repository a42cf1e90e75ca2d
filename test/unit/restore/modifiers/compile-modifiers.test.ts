import { expect, it } from "vitest";
import { modifierRule } from "#core/model/modifiers.ts";
import { compileModifiers, compileRules } from "#core/restore/modifiers/compile-modifiers.ts";
import { storedItem } from "#test/unit/restore/rules-fixture.ts";

const modifiers = (conditions: Record<string, unknown>) => ({
  from: "mods.yaml",
  rules: [modifierRule.parse({ conditions, patches: [{ operation: "remove", path: "/data" }] })],
});
const items = [
  storedItem({ name: "web-1" }),
  storedItem({ name: "db-1" }),
  storedItem({ resource: "secrets", name: "web-1" }),
];

it("rules without patterns need no library of patterns", async () => {
  const given = modifiers({ groupResource: "configmaps" });
  for (const compiled of [compileRules(given, undefined), await compileModifiers(given)]) {
    expect(items.map((item) => compiled[0]?.isMeant(item))).toEqual([true, true, false]);
  }
});

it.for([
  [
    "a regular expression",
    { groupResource: "configmaps", resourceNameRegex: "^[[:alpha:]]{3}-" },
    [true, false, false],
  ],
  ["a glob", { groupResource: "{secrets,pods}" }, [false, false, true]],
  ["both", { groupResource: "*", resourceNameRegex: "\\Qweb-\\E" }, [true, false, true]],
] as const)("%s brings it along", async ([, conditions, expected]) => {
  const [modifier] = await compileModifiers(modifiers(conditions));
  expect(items.map((item) => modifier?.isMeant(item))).toEqual(expected);
});

it("a rule that cannot be understood is named by its number", async () => {
  const [good] = modifiers({ groupResource: "pods" }).rules;
  const [bad] = modifiers({ groupResource: "pods", resourceNameRegex: "web)" }).rules;
  const rules = [good, bad].filter((rule) => rule !== undefined);
  await expect(compileModifiers({ from: "mods.yaml", rules })).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(/^mods\.yaml: rule 2: resourceNameRegex .*unexpected \)/),
  });
});
