import { execFile } from "node:child_process";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { readReview } from "#webhook/review.ts";

const REVIEW = join(import.meta.dirname, "../../../webhook/review.ts");

const REQUEST = { uid: "1", operation: "DELETE", resource: { group: "", resource: "namespaces" } };
const reviewOf = (more: object) => ({
  apiVersion: "admission.k8s.io/v1",
  kind: "AdmissionReview",
  request: { ...REQUEST, userInfo: {}, ...more },
});

test.each([
  ["groups", "{ userInfo: { groups: faults } }"],
  ["extra", "{ userInfo: { extra: { a: faults } } }"],
  ["labels", "{ oldObject: { metadata: { name: 'a', labels: { ...faults } } } }"],
])(
  "a heap of faulty %s, which anybody can send, is no review and takes no guard down",
  async (_, more) => {
    const program = `
    import { readReview } from ${JSON.stringify(REVIEW)};
    const faults = Array(700_000).fill(0);
    const review = ${JSON.stringify(reviewOf({}))};
    console.log(readReview({ ...review, request: { ...review.request, ...${more} } }));
  `;
    // As much heap as a guard has left.
    const args = ["--max-old-space-size=160", "--input-type=module", "-e", program];
    const { stdout } = await promisify(execFile)(process.execPath, args);
    expect(stdout).toBe("undefined\n");
  },
  60_000,
);

test("groups and extra are read as an authenticator gave them, nothing of them where it gave none", () => {
  const requesterOf = (userInfo: object) => readReview(reviewOf({ userInfo }))?.requester;
  const full = {
    username: "alice",
    uid: "7",
    groups: ["team", "all"],
    extra: { "example.com/scope": ["a"] },
  };
  expect(requesterOf(full)).toEqual(full);
  const bare = { username: "bob", groups: null, extra: { "example.com/scope": null } };
  expect(requesterOf(bare)).toEqual(bare);
});
