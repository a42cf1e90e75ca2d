import { describe, expect, it } from "vitest";
import { type ClusterIds, relateClusters } from "#core/model/cluster-identity.ts";

const both: ClusterIds = { kubeSystemUid: "u", caSha256: "c" };

describe("whether two clusters are the same", () => {
  it.each<{ when: string; left: ClusterIds; right: ClusterIds; relation: string }>([
    {
      when: "both uids are known and equal, whatever became of the CA",
      left: both,
      right: { ...both, caSha256: "d" },
      relation: "same",
    },
    {
      when: "both uids differ under one CA, as of clusters made by one installer",
      left: both,
      right: { ...both, kubeSystemUid: "v" },
      relation: "other",
    },
    {
      when: "one uid is unknown and the CA is the same",
      left: both,
      right: { caSha256: "c" },
      relation: "same",
    },
    {
      when: "one uid is unknown and the CA is another",
      left: both,
      right: { caSha256: "d" },
      relation: "other",
    },
    {
      when: "nothing can be compared",
      left: { kubeSystemUid: "u" },
      right: { caSha256: "c" },
      relation: "unknown",
    },
    { when: "nothing is known", left: {}, right: both, relation: "unknown" },
  ])("is $relation when $when", ({ left, right, relation }) => {
    expect(relateClusters(left, right)).toBe(relation);
    expect(relateClusters(right, left)).toBe(relation);
  });
});
