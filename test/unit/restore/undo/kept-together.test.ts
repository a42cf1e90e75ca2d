import { describe, expect, it } from "vitest";
import { deletionRounds, keepTogether } from "#core/restore/undo/kept-together.ts";
import type { Removal } from "#core/restore/undo/look-at-created.ts";

/** By its uid; `namespaces/x` is a namespace, all else lies in x. */
function removal(name: string, more: Partial<Removal> = {}): Removal {
  const isNamespace = name.startsWith("namespaces/");
  const resource = isNamespace ? "namespaces" : "configmaps";
  const place = { namespace: isNamespace ? "" : "x", name: name.replace("namespaces/", ""), uid: name };
  const kind = { group: "", version: "v1", resource, kind: "Kind", namespaced: !isNamespace };
  return {
    ...{ kind, ...place, action: "delete", reason: "", message: "", resourceVersion: "1" },
    ...{ owners: [], controller: undefined },
    object: { ...kind, ...place, made: undefined },
    ...more,
  };
}

const refused = { action: "refuse", reason: "changed-since" } as const;
const endsOf = (removals: readonly Removal[]) =>
  Object.fromEntries(
    keepTogether(removals).map(({ uid, action, reason }) => [uid, [action, reason].join(" ").trim()]),
  );

describe("with what is kept", () => {
  it("stay its owners to the top, and its namespace, but nothing else", () => {
    expect(
      endsOf([
        removal("child", { ...refused, owners: ["parent", "elsewhere"] }),
        removal("parent", { owners: ["top"] }),
        removal("top"),
        removal("sibling", { owners: ["parent"] }),
        removal("other"),
        removal("namespaces/x"),
        removal("namespaces/y"),
      ]),
    ).toEqual({
      child: "refuse changed-since",
      parent: "keep owns-kept",
      top: "keep owns-kept",
      sibling: "delete",
      other: "delete",
      "namespaces/x": "keep namespace-not-empty",
      "namespaces/y": "delete",
    });
  });

  it("stays what it controls, down to the bottom", () => {
    expect(
      endsOf([
        removal("pod", { owners: ["set"], controller: "set" }),
        removal("set", { owners: ["web"], controller: "web" }),
        removal("web", refused),
      ]),
    ).toEqual({ pod: "keep owner-kept", set: "keep owner-kept", web: "refuse changed-since" });
  });

  it("stays a namespace in which another object has taken a name", () => {
    const replaced = removal("one", { action: "keep", reason: "replaced" });
    expect(endsOf([replaced, removal("namespaces/x")])).toMatchObject({
      "namespaces/x": "keep namespace-not-empty",
    });
  });

  it("stays nothing that has gone already", () => {
    const owned = removal("owned", { ...refused, owners: ["owner"] });
    const gone = removal("owner", { action: "gone", reason: "gone" });
    expect(endsOf([owned, gone])).toMatchObject({ owner: "gone gone" });
  });
});

describe("the order of deletion", () => {
  it("is what others own first, then its owners, namespaces last", () => {
    const rounds = deletionRounds([
      removal("namespaces/x"),
      removal("top"),
      removal("parent", { owners: ["top"] }),
      removal("child", { owners: ["parent", "elsewhere"] }),
      removal("other"),
    ]);
    expect(rounds.map((round) => round.map(({ uid }) => uid))).toEqual([
      ["child"],
      ["parent"],
      ["top", "other"],
      ["namespaces/x"],
    ]);
  });

  it("ends where objects own each other", () => {
    const rounds = deletionRounds([removal("a", { owners: ["b"] }), removal("b", { owners: ["a"] })]);
    expect(rounds.flat()).toHaveLength(2);
  });
});
