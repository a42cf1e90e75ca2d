import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { IndexLines } from "#core/format/archive-index-lines.ts";
import { compareMemberKeys, type MemberKey } from "#core/format/archive-index-table.ts";
import { configMaps } from "./archive-in-memory.ts";

const line = ({ namespace, name }: Pick<MemberKey, "namespace" | "name">): string =>
  JSON.stringify({
    ...configMaps,
    ...{ namespace, name, uid: "u", resourceVersion: "1", labels: {}, ownerUids: [], terminating: false },
    ...{ range: [512, 10], sha256: "0".repeat(64), member: [0, 100] },
  });

function linesOf(texts: readonly string[]): IndexLines {
  const keyOf = ({ namespace, name }: { namespace: string; name: string }) => ({ kind: 0, namespace, name });
  return new IndexLines(Buffer.from(texts.map((text) => `${text}\n`).join("")), {
    archiveBytes: 1000,
    keyOf,
  });
}

const keyIn = (namespace: string, name = ""): MemberKey => ({ kind: 0, namespace, name });

describe("the lines of a member", () => {
  test("from a key on are those that a search through all of them would find", () => {
    const keys = fc.uniqueArray(
      fc.record({ namespace: fc.constantFrom("", "a", "a-b", "b"), name: fc.string() }),
      {
        maxLength: 40,
        selector: ({ namespace, name }) => JSON.stringify([namespace, name]),
      },
    );
    const property = fc.property(keys, fc.nat(), (unordered, pick) => {
      const all = unordered.map(({ namespace, name }) => keyIn(namespace, name)).toSorted(compareMemberKeys);
      const { namespace } = all[pick % Math.max(1, all.length)] ?? keyIn("none");
      const found = linesOf(all.map(line)).from(keyIn(namespace), (entry) => entry.namespace === namespace);
      const wanted = all.filter((key) => key.namespace === namespace);
      expect(found.map(({ name }) => name)).toEqual(wanted.map(({ name }) => name));
    });
    fc.assert(property);
  });

  test("that nobody asks for are not read: one that is broken is told only to who reads it", () => {
    const names = Array.from({ length: 64 }, (_, at) => String(at).padStart(2, "0"));
    const texts = ["a", "b", "c"].flatMap((namespace) => names.map((name) => line(keyIn(namespace, name))));
    texts[3] = "not JSON";
    const lines = linesOf(texts);
    expect(lines.from(keyIn("b"), ({ namespace }) => namespace === "b")).toHaveLength(64);
    expect(() => lines.from(keyIn("a"), ({ namespace }) => namespace === "a")).toThrow("a line is not JSON");
  });

  test("out of order are told", () => {
    const lines = linesOf([keyIn("a", "one"), keyIn("a", "three"), keyIn("a", "one")].map(line));
    expect(() => lines.from(keyIn("a"), () => true)).toThrow("lines are not in order");
  });
});
