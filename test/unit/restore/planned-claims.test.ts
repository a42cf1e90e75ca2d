import { expect, test } from "vitest";
import { plannedClaims } from "#core/restore/planned-claims.ts";
import type { ClaimFate } from "#core/restore/rule.ts";

test("every claim is named with its fate, those held back first, then by name", () => {
  const claims = new Map<string, ClaimFate>([
    ["b/one", { fate: "rebind", volume: "pv-1" }],
    ["b/held", { fate: "held", message: "its data is nowhere" }],
    ["a/two", { fate: "empty", message: "its data lies elsewhere" }],
    ["a/new", { fate: "unbound" }],
    ["a/back", { fate: "static", volume: "pv-2" }],
  ]);
  expect(plannedClaims(claims)).toEqual([
    { namespace: "b", name: "held", fate: "empty", held: true, why: "its data is nowhere" },
    { namespace: "a", name: "back", fate: "static", held: false, volume: "pv-2" },
    { namespace: "a", name: "new", fate: "unbound", held: false },
    { namespace: "a", name: "two", fate: "empty", held: false, why: "its data lies elsewhere" },
    { namespace: "b", name: "one", fate: "rebind", held: false, volume: "pv-1" },
  ]);
});
