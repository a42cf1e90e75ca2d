import { expect, it } from "vitest";
import type { AnyCommand } from "#plugin/command.ts";
import { restoreCommand } from "#plugin/commands/restore.ts";
import type { RestoreFlags } from "#plugin/commands/restore-flags.ts";
import { parseArguments } from "#plugin/parse.ts";
import { wantedRestore } from "#plugin/requests/restore-request.ts";
import { wantedUndo } from "#plugin/requests/undo-request.ts";

function request(...words: string[]) {
  // The command's own flags give flags of this type.
  const flags: unknown = parseArguments(restoreCommand as AnyCommand, ["b1", ...words]).flags;
  return wantedRestore("b1", flags as RestoreFlags, { now: new Date(0), random: "0a1b2" });
}

it("mappings are pairs, and slashes at their ends mean nothing", () => {
  expect(
    request("--storage-class-mapping", "slow:fast,a:b", "--image-mapping", "a.io/x/=b.io:5000/y"),
  ).toMatchObject({
    storageClassMapping: { slow: "fast", a: "b" },
    imageMapping: { "a.io/x": "b.io:5000/y" },
  });
});

it.for([
  ["--storage-class-mapping=slow"],
  ["--image-mapping=a.io"],
  ["--image-mapping=a.io="],
  ["--image-mapping=/=b"],
])("%s is refused", ([word = ""]) => {
  expect(() => request(word)).toThrow(word.split("=")[0]);
});

it("hooks run unless somebody switches them off", () => {
  expect(request().hooks).toBe(true);
  expect(request("--hooks").hooks).toBe(true);
  expect(request("--hooks=false").hooks).toBe(false);
});

it("an undo takes no flag that could change nothing of it, and names each", () => {
  const undo = (...words: string[]) => {
    const flags: unknown = parseArguments(restoreCommand as AnyCommand, ["--undo=r", ...words]).flags;
    return () => wantedUndo("r", flags as RestoreFlags, { now: new Date(0), random: "0a1b2" });
  };
  expect(undo("--created")().undo).toEqual({ restore: "r", created: true });
  expect(undo("--with-owners", "--modifiers=m.yaml", "--start-jobs", "--tier-timeout=1m")).toThrow(
    "--with-owners, --modifiers, --start-jobs, --tier-timeout do not go with it",
  );
  for (const flag of [
    "--with-dependencies",
    "--resource-modifier-configmap=m",
    "--preserve-node-ports",
    "--include-external",
    "--keep-managed-fields",
    "--keep-protection",
  ])
    expect(undo(flag)).toThrow(flag.split("=")[0]);
});
