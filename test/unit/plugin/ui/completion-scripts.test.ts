import { createRequire } from "node:module";
import { expect, test } from "vitest";
import { Language, Parser } from "web-tree-sitter";
import { completionScript, SHELLS } from "#plugin/ui/completion-scripts.ts";

// The other shells run theirs in test/integration/cli/completion.test.ts; PowerShell comes in no package of Debian's.
test("the script for PowerShell is PowerShell", async () => {
  await Parser.init();
  const grammar = createRequire(import.meta.url).resolve(
    "tree-sitter-powershell/tree-sitter-powershell.wasm",
  );
  const parser = new Parser().setLanguage(await Language.load(grammar));
  const script = completionScript("powershell");
  expect(parser.parse(script)?.rootNode.hasError).toBe(false);
  expect(parser.parse(script.replace("if (-not $about) {", "if (-not $about {"))?.rootNode.hasError).toBe(
    true,
  );
});

test("each shell's script asks for what is typed", () => {
  for (const shell of SHELLS) expect(completionScript(shell), shell).toContain("kubectl-backup __complete");
});

test("an unknown shell is refused with the nearest", () => {
  expect(() => completionScript("fisch")).toThrow(
    expect.objectContaining({ code: "usage", hint: 'did you mean "fish"?' }),
  );
});
