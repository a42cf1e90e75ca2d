import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { annotationKeys } from "#core/model/annotations.ts";
import { type Deletion, decideDeletion } from "#core/protection/decide-deletion.ts";
import { ago, annotated, deletion, evidence, HOUR_MS, marks, NOW, seen } from "./fixtures.ts";

const skip = (changes: { namespace?: string; untilMs?: number; reason?: string } = {}) => {
  const { namespace = "prod", untilMs = HOUR_MS, reason = "INC-42" } = changes;
  return annotated("skipFinalBackup", `${namespace}; until=${ago(-untilMs)}; reason=${reason}`);
};
const whole = evidence().namespace;
const claim = { name: "data-0", uid: "claim-uid", isRetained: false };
const waived = annotated("volumes", "waived");

describe("a protected namespace", () => {
  it("goes when a usable backup within its limit was seen in its location a moment ago", () => {
    expect(decideDeletion(deletion({ backups: [seen()] }))).toEqual({
      allowed: true,
      because: "backup",
      backup: "prod-1",
      ageSeconds: 3600,
    });
  });

  it("stays when the look behind the answer is older than five seconds", () => {
    expect(decideDeletion(deletion({ backups: [seen({ seenSecondsAgo: 5.1 })] }))).toMatchObject({
      allowed: false,
      reason: "location",
    });
  });

  it.each<[string, Deletion["backups"]]>([
    ["other-cluster", [seen({ evidence: evidence({ cluster: { kubeSystemUid: "there" } }) })]],
    ["other-namespace", [seen({ evidence: evidence({ namespace: { ...whole, uid: "earlier" } }) })]],
    ["other-namespace", [seen({ evidence: evidence({ namespace: { ...whole, uid: undefined } }) })]],
    ["damaged", [seen({ evidence: evidence({ damage: "its archive is gone" }) })]],
    ["incomplete", [seen({ evidence: evidence({ namespace: { ...whole, complete: false } }) })]],
    ["excluded", [seen({ evidence: evidence({ namespace: { ...whole, excludedByLabel: 1 } }) })]],
    [
      "stale",
      [seen({ evidence: evidence({ namespace: { ...whole, firstListAt: ago(24 * HOUR_MS + 1000) } }) })],
    ],
    ["clock", [seen({ evidence: evidence({ namespace: { ...whole, firstListAt: ago(-121_000) } }) })]],
    ["clock", [seen({ evidence: evidence({ finishedAt: ago(-121_000) }) })]],
    ["clock", [seen({ evidence: evidence({ committedAt: new Date(ago(HOUR_MS + 121_000)) }) })]],
    ["clock", [seen({ evidence: evidence({ namespace: { ...whole, firstListAt: "yesterday" } }) })]],
    ["clock", [seen({ evidence: evidence({ committedAt: new Date(Number.NaN) }) })]],
    // It began after it was stored, whatever it says of its end.
    [
      "clock",
      [
        seen({
          evidence: evidence({
            finishedAt: ago(20 * HOUR_MS),
            committedAt: new Date(ago(20 * HOUR_MS)),
          }),
        }),
      ],
    ],
    ["none", []],
  ])("stays for the reason %s", (reason, backups) => {
    expect(decideDeletion(deletion({ backups }))).toMatchObject({ allowed: false, reason });
  });

  it("goes by an older backup where the newest is not usable", () => {
    const newest = seen({ evidence: evidence({ name: "prod-2", damage: "its archive is gone" }) });
    const older = seen({
      evidence: evidence({ namespace: { ...whole, firstListAt: ago(2 * HOUR_MS) } }),
    });
    expect(decideDeletion(deletion({ backups: [older, newest] }))).toMatchObject({
      allowed: true,
      backup: "prod-1",
    });
  });

  it("goes by a backup that took ten minutes, and by a copy stored an hour later", () => {
    const slow = evidence({ finishedAt: ago(HOUR_MS - 600_000), committedAt: NOW });
    expect(decideDeletion(deletion({ backups: [seen({ evidence: slow })] }))).toMatchObject({
      allowed: true,
    });
  });

  it("goes by a backup whose cluster left no trace in it: the namespace's uid decides", () => {
    const backups = [seen({ evidence: evidence({ cluster: {} }) })];
    expect(decideDeletion(deletion({ backups }))).toMatchObject({ allowed: true });
  });

  it("stays while a bound claim is captured nowhere, unless its volume is retained or volumes are waived", () => {
    const backups = [seen()];
    const withClaim = (namespace = marks(), isRetained = false) =>
      decideDeletion(
        deletion({
          namespace,
          backups,
          facts: { ...deletion({ namespace }).facts, liveClaims: [{ ...claim, isRetained }] },
        }),
      );
    expect(withClaim()).toMatchObject({ allowed: false, reason: "claim" });
    expect(withClaim(marks(), true)).toMatchObject({ allowed: true });
    expect(withClaim(waived)).toMatchObject({ allowed: true });
  });

  it("counts a claim as captured by its uid, not by its name", () => {
    const record = { name: "data-0", captured: "data" as const };
    const captured = (uid: string) =>
      decideDeletion(
        deletion({
          backups: [seen({ evidence: evidence({ namespace: { ...whole, claims: [{ ...record, uid }] } }) })],
          facts: { liveClaims: [claim] },
        }),
      );
    expect(captured("claim-uid")).toMatchObject({ allowed: true });
    expect(captured("earlier-uid")).toMatchObject({ allowed: false, reason: "claim" });
  });

  it("goes without a backup when a skip holds and whoever deletes may unprotect, and only then", () => {
    const skipped = (namespace: ReturnType<typeof marks>, mayUnprotect = true) =>
      decideDeletion(deletion({ namespace, mayUnprotect }));
    expect(skipped(skip())).toMatchObject({ allowed: true, because: "skip", skip: { reason: "INC-42" } });
    expect(skipped(skip(), false)).toMatchObject({ allowed: false });
    expect(skipped(skip({ namespace: "test" }))).toMatchObject({ allowed: false });
    expect(skipped(skip({ untilMs: -1000 }))).toMatchObject({ allowed: false });
    expect(skipped(skip({ untilMs: 25 * HOUR_MS }))).toMatchObject({ allowed: false });
    // By another's reading of the same clock it is for a day.
    expect(skipped(skip({ untilMs: 24 * HOUR_MS + 1000 }))).toMatchObject({ allowed: true });
    expect(skipped(skip({ reason: " " }))).toMatchObject({ allowed: false });
    expect(skipped(annotated("skipFinalBackup", "true"))).toMatchObject({ allowed: false });
    expect(skipped(marks())).toMatchObject({ allowed: false });
  });
});

it("stays where nobody knows what time it is", () => {
  const nowhen = new Date(Number.NaN);
  const decision = decideDeletion(deletion({ backups: [seen()], facts: { now: nowhen } }));
  expect(decision).toMatchObject({ allowed: false });
});

it("lets a namespace on its way out go, and one that nobody protects", () => {
  expect(decideDeletion(deletion({ namespace: marks({ terminating: true }) }))).toMatchObject({
    allowed: true,
  });
  expect(decideDeletion(deletion({ namespace: marks({ labels: {} }) }))).toMatchObject({ allowed: true });
});

describe("the refusal", () => {
  const messageOf = (changes: Parameters<typeof deletion>[0]) => {
    const decision = decideDeletion(deletion(changes));
    return decision.allowed ? undefined : decision.message;
  };

  it("tells, of two backups of one second, what the better one lacks", () => {
    const lacking = seen({ evidence: evidence({ namespace: { ...whole, excludedByLabel: 1 } }) });
    const better = seen({ evidence: evidence({ name: "prod-2" }) });
    for (const backups of [
      [lacking, better],
      [better, lacking],
    ])
      expect(messageOf({ backups, facts: { liveClaims: [claim] } })).toContain(
        "its newest backup prod-2: the data of claim data-0 is not in it",
      );
  });

  it("says what stands in the way and the commands that work as printed", () => {
    expect(messageOf({})).toMatchInlineSnapshot(`
      "namespace prod is protected: it may go when a usable backup of it is at most 24h old
      there is no backup of it
      kubectl backup create --include-namespaces prod --location 's3://bucket/prefix?region=x'
      or, with the right to skip:  kubectl backup unprotect prod --once --for 1h --reason REASON && kubectl delete ns prod"
    `);
  });

  it("names the claim, and asks for no new backup where that would not help", () => {
    expect(messageOf({ backups: [seen()], facts: { liveClaims: [claim] } })).toMatchInlineSnapshot(`
      "namespace prod is protected: it may go when a usable backup of it is at most 24h old
      its newest backup prod-1: the data of claim data-0 is not in it, and the volume goes with the claim
      with the right to weaken protection:  kubectl backup protect prod --volumes waived
      or, with the right to skip:  kubectl backup unprotect prod --once --for 1h --reason REASON && kubectl delete ns prod"
    `);
  });

  it("prints both steps where a claim is at risk and no backup is fresh", () => {
    expect(messageOf({ facts: { liveClaims: [claim] } })).toMatchInlineSnapshot(`
      "namespace prod is protected: it may go when a usable backup of it is at most 24h old
      there is no backup of it; and no backup holds the data of claim data-0
      with the right to weaken protection:  kubectl backup protect prod --volumes waived && kubectl backup create --include-namespaces prod --location 's3://bucket/prefix?region=x'
      or, with the right to skip:  kubectl backup unprotect prod --once --for 1h --reason REASON && kubectl delete ns prod"
    `);
  });

  it("says that a location cannot be looked at", () => {
    expect(messageOf({ troubles: ["s3://bucket: connect\nECONNREFUSED"] })).toMatchInlineSnapshot(`
      "namespace prod is protected: it may go when a usable backup of it is at most 24h old
      there is no backup of it
      not looked at: s3://bucket: connect ECONNREFUSED
      kubectl backup create --include-namespaces prod --location 's3://bucket/prefix?region=x'
      or, with the right to skip:  kubectl backup unprotect prod --once --for 1h --reason REASON && kubectl delete ns prod"
    `);
  });

  it("says which backups nobody could look into, since they may hold the namespace", () => {
    const unread = ["backup big is not read: too large", "backup huge is not read"];
    expect(messageOf({ unread })?.split("\n")[1]).toBe(
      "there is no backup of it; backup big is not read: too large (and 1 more)",
    );
  });

  it("allows exclusions also where they were forbidden in so many words", () => {
    const backups = [seen({ evidence: evidence({ namespace: { ...whole, excludedByLabel: 1 } }) })];
    const message = messageOf({ namespace: annotated("allowExcluded", "false"), backups });
    expect(message).toContain(
      "kubectl annotate --overwrite namespace prod kubectl-backup.io/allow-excluded=true && kubectl backup create",
    );
  });

  it("has at most five lines, in which nothing acts, whatever a manifest or a server has to say", () => {
    const hostile = fc.string({
      unit: fc.constantFrom("\n", "\r", "\u001b[2J", "\u2028", "\u202e", "\0", "a"),
    });
    const flaw = fc.oneof(
      hostile.map((text) => evidence({ damage: text })),
      hostile.map((text) =>
        evidence({ namespace: { ...whole, complete: false, incompleteReason: `not read: ${text}` } }),
      ),
    );
    fc.assert(
      fc.property(fc.array(hostile), fc.option(flaw), fc.boolean(), (troubles, found, hasClaim) => {
        const message = messageOf({
          troubles,
          unread: troubles,
          backups: found === null ? [] : [seen({ evidence: found })],
          facts: { liveClaims: hasClaim ? [claim] : [] },
        });
        expect(message?.split("\n").length).toBeLessThanOrEqual(5);
        expect(message?.replaceAll("\n", "")).not.toMatch(/[\p{C}\u2028]/u);
      }),
    );
    const long = seen({ evidence: evidence({ damage: "x".repeat(1_000_000) }) });
    expect(messageOf({ backups: [long] })?.length).toBeLessThan(2000);
  });
});

it("never lets a protected namespace go by a backup that is not proof of it", () => {
  const flawed = fc.record({
    uid: fc.constantFrom("prod-uid", "earlier", undefined),
    cluster: fc.constantFrom({ kubeSystemUid: "here" }, { kubeSystemUid: "there" }, {}),
    complete: fc.boolean(),
    excludedByLabel: fc.nat({ max: 2 }),
    ageMs: fc.integer({ min: -10 * HOUR_MS, max: 60 * HOUR_MS }),
    damage: fc.constantFrom(undefined, "gone"),
    seenSecondsAgo: fc.integer({ min: 0, max: 20 }),
  });
  fc.assert(
    fc.property(flawed, (flaw) => {
      const backup = evidence({
        cluster: flaw.cluster,
        damage: flaw.damage,
        finishedAt: ago(flaw.ageMs),
        committedAt: new Date(ago(flaw.ageMs)),
        namespace: { ...flaw, claims: [], firstListAt: ago(flaw.ageMs) },
      });
      const { allowed } = decideDeletion(
        deletion({ backups: [seen({ evidence: backup, seenSecondsAgo: flaw.seenSecondsAgo })] }),
      );
      const isProof =
        flaw.uid === "prod-uid" &&
        flaw.cluster.kubeSystemUid !== "there" &&
        flaw.complete &&
        flaw.excludedByLabel === 0 &&
        flaw.damage === undefined &&
        flaw.seenSecondsAgo <= 5 &&
        flaw.ageMs >= -120_000 &&
        flaw.ageMs <= 24 * HOUR_MS;
      expect(allowed).toBe(isProof);
    }),
    { numRuns: 2000 },
  );
});

it("reads the keys that it promises", () => {
  expect(annotationKeys.skipFinalBackup).toBe("kubectl-backup.io/skip-final-backup");
});
