import { describe, expect, it } from "vitest";
import { type ClusterIds, relateClusters } from "#core/model/cluster-identity.ts";

const both: ClusterIds = { kubeSystemUid: "u", caSha256: "c" };

describe("whether two clusters are the same", () => {
  it.each<[string, ClusterIds, ClusterIds, string]>([
    ["both uids are known and equal, whatever became of the CA", both, { ...both, caSha256: "d" }, "same"],
    [
      "both uids differ under one CA, as of clusters made by one installer",
      both,
      { ...both, kubeSystemUid: "v" },
      "other",
    ],
    ["one may not read the uid and the CA is the same", both, { caSha256: "c" }, "same"],
    ["one may not read the uid and the CA is another", both, { caSha256: "d" }, "other"],
    ["nothing can be compared", { kubeSystemUid: "u" }, { caSha256: "c" }, "unknown"],
    ["nothing is known", {}, both, "unknown"],
  ])("when %s", (_, left, right, relation) => {
    expect(relateClusters(left, right)).toBe(relation);
    expect(relateClusters(right, left)).toBe(relation);
  });
});
