import { expect, test } from "vitest";
import { hooksText } from "#plugin/ui/hooks-text.ts";

test("a plan says which hooks run, in which container, and which do not", () => {
  const place = { group: "", resource: "pods", namespace: "shop", container: "pg" };
  const text = hooksText({
    hooks: [
      { ...place, hook: "exec", name: "db", program: "/bin/sh", runs: true, isIdle: false },
      { ...place, hook: "exec", name: "old", program: "fill", runs: false, message: "x", isIdle: false },
    ],
  });
  expect(text).toBe(`HOOK OF        CONTAINER  PROGRAM  RUNS
pods shop/db   pg         /bin/sh  when its container runs
pods shop/old  pg         fill     not run: x
`);
  expect(hooksText({ hooks: [] })).toBe("");
});
