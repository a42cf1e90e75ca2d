import fc from "fast-check";
import { expect, test } from "vitest";
import { impersonationHeaders } from "#core/kube/access/impersonation.ts";
import { EMPTY_USER } from "#core/kube/access/kubeconfig.ts";

test("nobody is impersonated without being told", () => {
  expect(impersonationHeaders(EMPTY_USER)).toEqual({});
});

test("user, every group, uid and extra fields become headers", () => {
  const user = {
    ...EMPTY_USER,
    as: "bob",
    asGroups: ["a", "b"],
    asUid: "7",
    asUserExtra: { scopes: ["x", "y"] },
  };
  expect(impersonationHeaders(user)).toEqual({
    "impersonate-user": "bob",
    "impersonate-group": ["a", "b"],
    "impersonate-uid": "7",
    "impersonate-extra-scopes": ["x", "y"],
  });
});

test("an extra key is percent-encoded where a header's name allows no such byte", () => {
  const headers = impersonationHeaders({ ...EMPTY_USER, as: "b", asUserExtra: { "example.org/Ä %": ["1"] } });
  expect(Object.keys(headers)).toContain("impersonate-extra-example.org%2f%c3%a4%20%25");
});

test("every extra key gives a legal header name that decodes to the key in lower case", () => {
  fc.assert(
    fc.property(fc.string({ minLength: 1, unit: "grapheme" }), (key) => {
      const headers = impersonationHeaders({
        ...EMPTY_USER,
        as: "b",
        asUserExtra: Object.fromEntries([[key, ["1"]]]),
      });
      const name = Object.keys(headers).find((header) => header.startsWith("impersonate-extra-")) ?? "";
      expect(name).toMatch(/^[a-z0-9!#$%&'*+\-.^_`|~]+$/);
      expect(decodeURIComponent(name.slice("impersonate-extra-".length))).toBe(key.toLowerCase());
    }),
  );
});

test("a name beyond latin1 leaves as its UTF-8 bytes", () => {
  const headers = impersonationHeaders({ ...EMPTY_USER, as: "Zoë☃" });
  expect(Buffer.from(String(headers["impersonate-user"]), "latin1").toString("utf8")).toBe("Zoë☃");
});

test.each([{ asGroups: ["g"] }, { asUid: "1" }, { asUserExtra: { a: ["1"] } }])(
  "%j without a user is refused, since the request would run as oneself",
  (part) => {
    expect(() => impersonationHeaders({ ...EMPTY_USER, ...part })).toThrow(
      expect.objectContaining({ code: "usage" }),
    );
  },
);
