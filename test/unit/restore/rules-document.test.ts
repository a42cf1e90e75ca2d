import { expect, it } from "vitest";
import { ruledKinds, ruleFor } from "#core/restore/rules.ts";
import { rulesDocument } from "./rules-document.ts";

it("docs/restore-rules.md says what the rules do", async () => {
  await expect(rulesDocument()).toMatchFileSnapshot("../../../docs/restore-rules.md");
});

it("every kind with a rule of its own says what it does", () => {
  for (const name of ruledKinds) {
    const [resource = "", ...group] = name.split(".");
    expect(ruleFor({ resource, group: group.join(".") }).does, name).not.toEqual([]);
  }
});
