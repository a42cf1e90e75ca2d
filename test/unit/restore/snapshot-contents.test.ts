import { describe, expect, it } from "vitest";
import { decideSnapshotContent, type SnapshotContent } from "#core/restore/snapshot-contents.ts";

const stored: SnapshotContent = {
  name: "content",
  handle: "snap-1",
  snapshot: { namespace: "app", name: "cut", uid: "old" },
};
const OTHER = /^content-[0-9a-f]{8}$/;

interface Given {
  readonly content?: Partial<SnapshotContent>;
  readonly live?: readonly SnapshotContent[] | "unknown";
  readonly presence?: "absent" | "there" | "own";
  readonly to?: string;
}

function decide({ content, live = [], presence = "absent", to = "app" }: Given) {
  const asked: string[] = [];
  const fate = decideSnapshotContent(
    { ...stored, ...content },
    {
      mapNamespace: (namespace) => (namespace === "app" ? to : namespace),
      live: live === "unknown" ? undefined : new Map(live.map((one) => [one.name, one])),
      snapshot: (namespace, name) => {
        asked.push(`${namespace}/${name}`);
        return presence;
      },
    },
  );
  for (const place of asked) expect(place).toBe(`${to}/cut`);
  return fate;
}

const live = (name: string, namespace: string, uid: string): SnapshotContent => ({
  name,
  handle: "snap-1",
  snapshot: { namespace, name: "cut", uid },
});

/** The name that a copy's content has beside the original's. */
function otherName(to = "copy"): string {
  const fate = decide({ to, live: [live("content", "app", "old")] });
  if (fate.fate !== "restored") throw new Error(fate.fate);
  return fate.name;
}

describe("the content of a snapshot", () => {
  it("keeps its name where nothing has it", () => {
    expect(decide({})).toEqual({ fate: "restored", name: "content" });
    expect(decide({ to: "copy" })).toEqual({ fate: "restored", name: "content" });
  });

  it("is left as it is where it and its snapshot are there", () => {
    const there = { live: [live("content", "app", "old")], presence: "there" } as const;
    expect(decide(there)).toEqual({ fate: "restored", name: "content" });
  });

  it("has another name in a copy beside the original, another in each copy, and the same whenever it is asked for", () => {
    expect(otherName()).toMatch(OTHER);
    expect(otherName()).toBe(otherName());
    expect(otherName("second")).not.toBe(otherName());
  });

  it("is found again in the copy, whether a controller has bound it yet or not", () => {
    const original = live("content", "app", "old");
    for (const [presence, uid] of [
      ["there", "new"],
      ["own", ""],
      ["absent", ""],
    ] as const) {
      const given = { to: "copy", presence, live: [original, live(otherName(), "copy", uid)] };
      expect(decide(given)).toEqual({ fate: "restored", name: otherName() });
    }
  });

  it("gets another name where the one in the cluster is bound to a snapshot that is gone", () => {
    expect(decide({ live: [live("content", "app", "old")] })).toMatchObject({
      name: expect.stringMatching(OTHER),
    });
    const copies = [live("content", "app", "old"), live(otherName(), "copy", "gone")];
    expect(decide({ to: "copy", live: copies })).toEqual({ fate: "restored", name: `${otherName()}-2` });
  });

  it("is completed where this restore broke off between the snapshot and it", () => {
    const given = { to: "copy", presence: "own", live: [live("content", "app", "old")] } as const;
    expect(decide(given)).toEqual({ fate: "restored", name: otherName() });
  });

  it("stays away where the snapshot is there with a content of its own", () => {
    const left = { fate: "left", message: expect.stringContaining("copy/cut is there") };
    expect(decide({ to: "copy", presence: "there" })).toEqual(left);
    expect(decide({ to: "copy", presence: "there", live: [live("content", "app", "old")] })).toEqual(left);
  });

  it("does not take its own name in a copy where what there is may not be looked at", () => {
    expect(decide({ live: "unknown" })).toEqual({ fate: "restored", name: "content" });
    expect(decide({ live: "unknown", to: "copy" })).toEqual({ fate: "restored", name: otherName() });
  });

  it("is none where nothing had been cut", () => {
    expect(decide({ content: { handle: "" } })).toEqual({ fate: "uncut" });
  });

  it("has a name that servers take, however long its own is", () => {
    const name = "n".repeat(253);
    const fate = decide({ content: { name }, to: "copy", live: [live(name, "app", "old")] });
    expect(fate.fate === "restored" && fate.name.length).toBeLessThanOrEqual(253);
  });
});
