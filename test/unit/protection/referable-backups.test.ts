import { expect, test } from "vitest";
import { protectionOf } from "#core/protection/protection-of.ts";
import { type ReferableBackup, referableBackups, referenceTo } from "#core/protection/referable-backups.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { ago, annotated, evidence, HOUR_MS, marks, NOW } from "./fixtures.ts";

const HERE = "s3://here/prefix";
const nothing = { backup: "", time: "", location: "" };

function backup(name: string, hours: number, changes: Parameters<typeof evidence>[0] = {}): ReferableBackup {
  const made = evidence({ name, ...changes });
  const namespace = { ...made.namespace, firstListAt: ago(hours * HOUR_MS) };
  return { evidence: { ...made, namespace }, location: HERE };
}

function referable(backups: readonly ReferableBackup[], noted = nothing, namespace = marks()) {
  const protection = protectionOf(namespace, DEFAULT_SETTINGS);
  const readLocations = new Set([HERE]);
  const facts = { cluster: { kubeSystemUid: "here" }, namespace, protection, now: NOW, noted, readLocations };
  return referableBackups(backups, facts).map(({ evidence: { name } }) => name);
}

test("a namespace may be told of its whole backups, newest first, however old and whatever claims it has", () => {
  const backups = [backup("week-old", 170), backup("newest", 1), backup("middle", 2)];
  expect(referable(backups)).toEqual(["newest", "middle", "week-old"]);
});

const whole = evidence().namespace;
test.each([
  ["of an earlier namesake", { namespace: { ...whole, uid: "earlier" } }],
  ["of another cluster", { cluster: { kubeSystemUid: "there" } }],
  ["not whole", { namespace: { ...whole, complete: false } }],
  ["that leaves out what the label excludes", { namespace: { ...whole, excludedByLabel: 1 } }],
  ["that ended after it was stored", { committedAt: new Date(ago(2 * HOUR_MS)) }],
])("never of one %s", (_, changes) => {
  expect(referable([backup("bad", 1, changes), backup("good", 3)])).toEqual(["good"]);
});

test("of one with objects left out where the namespace allows that", () => {
  const backups = [backup("partial", 1, { namespace: { ...whole, excludedByLabel: 1 } })];
  expect(referable(backups, nothing, annotated("allowExcluded", "true"))).toEqual(["partial"]);
});

test("a later reference to a place that was not read stays; to one that was read and lacks it, it does not", () => {
  const backups = [backup("known", 2)];
  const later = { backup: "later", time: ago(HOUR_MS) };
  expect(referable(backups, { ...later, location: "file:///elsewhere" })).toEqual([]);
  expect(referable(backups, { ...later, location: HERE })).toEqual(["known"]);
  expect(referable(backups, { ...later, location: "file:///elsewhere", time: "soon" })).toEqual(["known"]);
  const same = { backup: "known", time: ago(2 * HOUR_MS), location: "s3://here/prefix?region=other-words" };
  expect(referable(backups, same)).toEqual(["known"]);
});

test("the reference tells the moment that the backup's age counts from", () => {
  expect(referenceTo(backup("known", 2))).toEqual({
    backup: "known",
    time: ago(2 * HOUR_MS),
    location: HERE,
  });
});
