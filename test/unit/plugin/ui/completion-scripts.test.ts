import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
  for (const shell of SHELLS.filter((one) => one !== "kubectl"))
    expect(completionScript(shell), shell).toContain("kubectl-backup __complete");
});

test.each([
  ["kubectl_complete-backup", "kubectl-backup"],
  ["kubectl_complete-cluster_backup", "kubectl-cluster_backup"],
])("kubectl's script %s asks the plugin that is installed under that name, %s", async (name, plugin) => {
  const folder = await mkdtemp(join(tmpdir(), "completion-"));
  try {
    await writeFile(join(folder, name), completionScript("kubectl"), { mode: 0o755 });
    await writeFile(join(folder, plugin), '#!/bin/sh\necho "asked: $*"\n', { mode: 0o755 });
    const asked = execFileSync(join(folder, name), ["restore", ""], {
      encoding: "utf8",
      env: { PATH: `${folder}:/usr/bin:/bin` },
    });
    expect(asked).toBe("asked: __complete restore \n");
    const byName = execFileSync("sh", [name, "get"], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: `${folder}:/usr/bin:/bin` },
    });
    expect(byName, "called without its folder").toBe("asked: __complete get\n");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("an unknown shell is refused with the nearest", () => {
  expect(() => completionScript("fisch")).toThrow(
    expect.objectContaining({ code: "usage", hint: 'did you mean "fish"?' }),
  );
});
