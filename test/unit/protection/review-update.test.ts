import { describe, expect, it } from "vitest";
import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import type { NamespaceMarks } from "#core/protection/protection-of.ts";
import { reviewUpdate } from "#core/protection/review-update.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { ago, annotated, HOUR_MS, marks, NOW } from "./fixtures.ts";

const review = (before: NamespaceMarks, after: NamespaceMarks) =>
  reviewUpdate({ before, after }, DEFAULT_SETTINGS, NOW);
const nothing = { unreadable: [], weakened: [] };
const unprotected = marks({ labels: {} });
const tiered = (tier: string) => marks({ labels: { [labelKeys.protect]: "true", [labelKeys.tier]: tier } });
const skip = annotated("skipFinalBackup", `prod; until=${ago(-HOUR_MS)}; reason=INC-42`);

describe("a change of a protected namespace", () => {
  it.each<[string, NamespaceMarks, NamespaceMarks]>([
    ["the protection is taken off", marks(), unprotected],
    ["the protection is taken off", marks(), marks({ labels: { [labelKeys.protect]: "false" } })],
    ["the tier is lowered", tiered("critical"), tiered("high")],
    ["the tier is lowered", tiered("high"), marks()],
    ["the age that a backup may have is raised", marks(), annotated("maxAge", "25h")],
    ["the age that a backup may have is raised", annotated("maxAge", "1h"), marks()],
    ["volumes are waived", marks(), annotated("volumes", "waived")],
    ["objects left out of backups are allowed", marks(), annotated("allowExcluded", "true")],
    ["a skip of the final backup is set", marks(), skip],
  ])("is a weakening when %s", (what, before, after) => {
    expect(review(before, after)).toMatchObject({ unreadable: [], weakened: expect.arrayContaining([what]) });
  });

  it.each<[string, NamespaceMarks, NamespaceMarks]>([
    ["its limit is lowered", annotated("maxAge", "25h"), annotated("maxAge", "1h")],
    ["its tier is raised", tiered("low"), tiered("critical")],
    ["its skip is taken off", skip, marks()],
    ["its skip stays", skip, { ...skip, labels: { ...skip.labels, team: "a" } }],
    ["volumes are required again", annotated("volumes", "waived"), annotated("volumes", "required")],
    ["a backup reference is written", marks(), annotated("lastBackup", "prod-1")],
    ["it is already on its way out", marks({ terminating: true }), unprotected],
  ])("is none when %s", (_, before, after) => {
    expect(review(before, after)).toEqual(nothing);
  });

  it.each<[string, NamespaceMarks]>([
    ["an age that is no duration", annotated("maxAge", "a day")],
    ["an age of nothing", annotated("maxAge", "0s")],
    ["an unknown tier", tiered("crucial")],
    ["a tier named like something of every object", tiered("constructor")],
    ["an unknown word for volumes", annotated("volumes", "waive")],
    ["an unknown word for exclusions", annotated("allowExcluded", "yes")],
    ["a skip without a reason", annotated("skipFinalBackup", `prod; until=${ago(-HOUR_MS)}; reason=`)],
    ["a skip of another namespace", annotated("skipFinalBackup", `dev; until=${ago(-HOUR_MS)}; reason=x`)],
    ["a skip for two days", annotated("skipFinalBackup", `prod; until=${ago(-48 * HOUR_MS)}; reason=x`)],
  ])("is refused to everybody with %s", (_, after) => {
    expect(review(marks(), after).unreadable).toHaveLength(1);
  });

  it("may leave what was unreadable before as it is", () => {
    const before = annotated("maxAge", "a day");
    const after = { ...before, annotations: { ...before.annotations, other: "x" } };
    expect(review(before, after)).toEqual(nothing);
  });
});

describe("protecting a namespace", () => {
  it("needs no backup and no right, whatever it is protected with", () => {
    expect(review(unprotected, marks())).toEqual(nothing);
    expect(review(unprotected, annotated("volumes", "waived"))).toEqual(nothing);
  });

  it("is a weakening where a skip lies there already", () => {
    const before = { ...unprotected, annotations: skip.annotations };
    expect(review(before, skip).weakened).toEqual(["a skip of the final backup is already set"]);
  });

  it("caps how long a backup may count", () => {
    expect(review(annotated("maxAge", "30d"), annotated("maxAge", "90d"))).toEqual(nothing);
    expect(annotationKeys.maxAge).toBe("kubectl-backup.io/max-age");
  });
});
