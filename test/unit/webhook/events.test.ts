import { beforeEach, describe, expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { marks } from "#test/unit/protection/fixtures.ts";
import { eventOf } from "#webhook/decision-event.ts";
import { DecisionEvents } from "#webhook/events.ts";
import type { Answer, Review } from "#webhook/review.ts";

const NOW = new Date("2026-05-01T12:00:00Z");
const encode = (value: unknown) => Buffer.from(JSON.stringify(value));

const refused: Answer = {
  allowed: false,
  reason: "none",
  message: "namespace prod is protected: it may go when …\nthere is no backup of it\nkubectl backup create …",
};
const allowed: Answer = { allowed: true, reason: "backup", notes: { backup: "prod-1" } };
const skipped: Answer = { allowed: true, reason: "skip", notes: { user: "alice", "skip-reason": "INC-42" } };

function review(changes: Partial<Review> = {}): Review {
  const requester = { username: "alice" };
  const asked = { uid: "r", operation: "DELETE", isNamespace: true, isDryRun: false, after: undefined };
  return { ...asked, before: marks(), requester, ...changes };
}

describe("an Event tells", () => {
  test("of a refusal who was refused and why, without the commands that follow", () => {
    const note = "alice was refused: namespace prod is protected: it may go when …; there is no backup of it";
    expect(eventOf(review(), refused)).toEqual({ type: "Warning", reason: "DeletionRefused", note });
  });

  test("of a skip its reason, and of a backup its name", () => {
    expect(eventOf(review(), skipped)).toEqual({
      type: "Warning",
      reason: "FinalBackupSkipped",
      note: "alice may delete it without a final backup: INC-42",
    });
    expect(eventOf(review(), allowed)).toMatchObject({
      type: "Normal",
      reason: "DeletionAllowed",
      note: "alice may delete it: backup prod-1 holds it",
    });
  });

  test("nothing of dry runs, of updates, or of what was not protected or is going already", () => {
    expect(eventOf(review({ isDryRun: true }), refused)).toBeUndefined();
    expect(eventOf(review({ operation: "UPDATE" }), refused)).toBeUndefined();
    expect(eventOf(review({ isNamespace: false }), { allowed: true, reason: "other-kind" })).toBeUndefined();
    expect(eventOf(review(), { allowed: true, reason: "terminating" })).toBeUndefined();
  });

  test("at most what an API server takes, in characters that do nothing to a terminal", () => {
    const note = eventOf(review(), {
      ...skipped,
      notes: { "skip-reason": `\u001b[2J${"ä".repeat(2000)}` },
    })?.note;
    expect(Buffer.byteLength(note ?? "")).toBeLessThanOrEqual(1024);
    expect(note).toMatch(/backup: {2}\[2Jä+…$/);
  });
});

describe("the guard", () => {
  let live: object | undefined;
  let written: { readonly metadata: { readonly name: string }; readonly [field: string]: unknown }[];
  let troubles: unknown[];
  let refusal: number | undefined;
  let clock: Date;
  let nowMs: number;
  let reads: number;
  let events: DecisionEvents;

  beforeEach(() => {
    live = namespace();
    [written, troubles, refusal, nowMs, reads, clock] = [[], [], undefined, 0, 0, NOW];
    events = replica();
  });

  function replica(): DecisionEvents {
    return new DecisionEvents({
      cluster: {
        get: async ({ name }) => {
          reads += 1;
          return live === undefined ? undefined : encode(name === "prod" ? live : namespace(name));
        },
        create: async (_, body) => {
          if (refusal !== undefined)
            return { ok: false, status: refusal, reason: "", message: "no", causes: [], warnings: [] };
          written.push(JSON.parse(Buffer.from(body).toString()));
          return { ok: true, status: 201, body, warnings: [] };
        },
      },
      settings: DEFAULT_SETTINGS,
      now: async () => clock,
      monotonicMs: () => nowMs,
      onTrouble: (error) => troubles.push(error),
    });
  }

  function namespace(name = "prod", metadata: object = {}) {
    const labels = { "kubectl-backup.io/protect": "true" };
    return { metadata: { name, uid: `${name}-uid`, labels, ...metadata } };
  }

  async function told(answer: Answer, changes: Partial<Review> = {}): Promise<number> {
    events.tell(review(changes), answer);
    await events.settled();
    return written.length;
  }

  test("writes it about the namespace, by the API server's clock", async () => {
    expect(await told(refused)).toBe(1);
    expect(written[0]).toMatchObject({
      apiVersion: "events.k8s.io/v1",
      metadata: { name: expect.stringMatching(/^prod\.[0-9a-f]{16}$/), namespace: "default" },
      eventTime: "2026-05-01T12:00:00.000000Z",
      regarding: { kind: "Namespace", name: "prod", uid: "prod-uid" },
      type: "Warning",
    });
  });

  test.each([
    ["is gone", undefined],
    ["has a namesake", namespace("prod", { uid: "other" })],
    ["is not protected", namespace("prod", { labels: {} })],
  ])("writes none where the namespace %s: a review proves nothing", async (_, found) => {
    live = found;
    expect(await told(refused)).toBe(0);
    expect(troubles).toEqual([]);
  });

  test("writes one a minute of a namespace, and one more where it was let go meanwhile", async () => {
    for (let n = 0; n < 10; n += 1) await told(refused);
    expect(written).toHaveLength(1);
    expect(await told(skipped)).toBe(2);
    expect(await told(allowed)).toBe(2);
    nowMs = 59_999;
    expect(await told(refused)).toBe(2);
    nowMs = 60_000;
    expect(await told(refused)).toBe(3);
  });

  test("writes, and reads, at most sixty a minute of all", async () => {
    const flood = async () => {
      for (let n = 0; n < 100; n += 1) {
        const name = `n${n}`;
        await told(refused, { before: marks({ name, uid: `${name}-uid` }) });
      }
    };
    await flood();
    expect([written.length, reads]).toEqual([60, 60]);
    nowMs = 60_000;
    await flood();
    expect(written).toHaveLength(120);
  });

  test("says that it could not, and goes on", async () => {
    refusal = 403;
    expect(await told(refused)).toBe(0);
    expect(troubles).toEqual([new Failure("cluster-error", "no Event about namespace prod: no")]);
  });
  test("writes under a name that is another replica's too within the minute: who comes second has told it", async () => {
    await told(refused);
    const other = replica();
    const tellAt = async (time: string, answer: Answer) => {
      clock = new Date(time);
      other.tell(review(), answer);
      await other.settled();
    };
    await tellAt("2026-05-01T12:00:59Z", refused);
    await tellAt("2026-05-01T12:01:00Z", skipped);
    nowMs = 60_000;
    await tellAt("2026-05-01T12:01:59Z", refused);
    const names = written.map(({ metadata }) => metadata.name);
    expect(names[1]).toBe(names[0]);
    expect(new Set(names).size).toBe(3);
    refusal = 409;
    nowMs = 120_000;
    await tellAt("2026-05-01T12:02:59Z", refused);
    expect(troubles).toEqual([]);
  });
});
