import { expect, test } from "vitest";
import { changesSeen } from "#plugin/ui/changes-seen.ts";

test.each([
  [[], "not counted (no kind was read as a stream)"],
  [[undefined, undefined], "not counted (no kind was read as a stream)"],
  [[0, 0], "nothing seen"],
  [[2, 1], "at least 3 objects"],
  [[0, undefined], "nothing seen (counted for 1 of 2 kinds)"],
  [[1, undefined, undefined], "at least 1 object (counted for 1 of 3 kinds)"],
])("changes are told only of kinds that were watched: %j", (counts, told) => {
  const kinds = counts.map((changesMeanwhile) => ({ changesMeanwhile }));
  expect(changesSeen(kinds)).toBe(told);
});
