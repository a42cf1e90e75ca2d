import { expect, test } from "vitest";
import type { Cluster } from "#core/kube/cluster.ts";
import { openMayUnprotect } from "#webhook/may-unprotect.ts";
import type { Requester } from "#webhook/review.ts";

const { signal } = new AbortController();

/** An API server that answers so; what it was asked. */
function apiServer(status: object) {
  const asked: unknown[] = [];
  const cluster: Pick<Cluster, "create"> = {
    create: async (_ref, body) => {
      const review = JSON.parse(Buffer.from(body).toString("utf8"));
      asked.push(review.spec);
      return {
        ok: true,
        status: 201,
        warnings: [],
        body: Buffer.from(JSON.stringify({ ...review, status })),
      };
    },
  };
  return { asked, ask: (who: Requester) => openMayUnprotect(cluster)(who, "prod", signal) };
}

const ASKED = {
  group: "",
  resource: "namespaces",
  verb: "unprotect",
  name: "prod",
  namespace: "prod",
};

test("who asks is told whole: a right may be a group's, or hang on what an authenticator said besides", async () => {
  const { asked, ask } = apiServer({ allowed: true });
  const extra = { "example.com/scope": ["admin", "night"] };
  await ask({ username: "alice", uid: "7", groups: ["ops", "system:authenticated"], extra });
  await ask({ username: "bob", groups: null, extra: null });
  expect(asked).toEqual([
    {
      user: "alice",
      uid: "7",
      groups: ["ops", "system:authenticated"],
      extra,
      resourceAttributes: ASKED,
    },
    { user: "bob", groups: [], extra: {}, resourceAttributes: ASKED },
  ]);
});

test.each([
  [{ allowed: true }, true],
  [{ allowed: false }, false],
  [{}, false],
  [{ allowed: true, denied: true }, false],
])("an answer of %j is taken for %s", async (status, may) => {
  expect(await apiServer(status).ask({ username: "alice" })).toBe(may);
});

test("where the API server does not say, nobody may", async () => {
  const reply = { ok: false, status: 500, reason: "", message: "broken", causes: [], warnings: [] } as const;
  const mayUnprotect = openMayUnprotect({ create: async () => reply });
  await expect(mayUnprotect({ username: "alice" }, "prod", signal)).rejects.toThrow("broken");
});
