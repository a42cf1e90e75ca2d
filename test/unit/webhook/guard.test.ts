import { expect, test } from "vitest";
import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { answerReview, type GuardFacts } from "#webhook/guard.ts";
import type { Review } from "#webhook/review.ts";

const facts: GuardFacts = {
  settings: DEFAULT_SETTINGS,
  cluster: { kubeSystemUid: "kube-system-uid" },
  indexes: [],
  now: async () => new Date("2026-05-01T10:00:00Z"),
  monotonicMs: () => 0,
  mayUnprotect: async () => false,
  liveClaims: () => Promise.reject(new Error("no claims today")),
};
const context = { signal: new AbortController().signal, now: () => new Date(), onProgress: () => undefined };

function deletionOf(annotations: Readonly<Record<string, string>>): Review {
  const labels = { [labelKeys.protect]: "true" };
  return {
    uid: "review-uid",
    operation: "DELETE",
    isNamespace: true,
    before: { name: "shop", uid: "shop-uid", terminating: false, labels, annotations },
    after: undefined,
    isDryRun: false,
    requester: { username: "alice" },
  };
}

test("claims that cannot be read matter only where their volumes do", async () => {
  const waived = deletionOf({ [annotationKeys.volumes]: "waived" });
  expect(await answerReview(waived, facts, context)).toMatchObject({ allowed: false, reason: "none" });
  const answer = await answerReview(deletionOf({}), facts, context);
  expect(answer).toMatchObject({ allowed: false, reason: "trouble" });
});
