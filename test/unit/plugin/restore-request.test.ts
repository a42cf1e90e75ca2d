import { expect, it } from "vitest";
import type { AnyCommand } from "#plugin/command.ts";
import { restoreCommand } from "#plugin/commands/restore.ts";
import type { RestoreFlags } from "#plugin/commands/restore-flags.ts";
import { parseArguments } from "#plugin/parse.ts";
import { wantedRestore } from "#plugin/requests/restore-request.ts";

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
