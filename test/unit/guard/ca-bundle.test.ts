import { expect, test } from "vitest";
import { caBundleProblem, holdsCertificates } from "#core/guard/ca-bundle.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";

const ca = await createAuthority("one");
const other = await createAuthority("two");
const { cert: serving } = await issueServer(ca, ["guard"]);
const now = new Date();

test.each([
  ["the authority that signed", ca.cert],
  ["another authority beside it", `${other.cert}\n${ca.cert}`],
  ["text before, between and behind", `# one\n${other.cert}\n# two\n${ca.cert}\n# end of the bundle\n`],
])("a bundle with %s is right", (_, bundle) => {
  expect(caBundleProblem(bundle, serving, now)).toBeUndefined();
});

test.each([
  ["nothing", "", "it is empty"],
  ["garbage", "garbage", "it holds something that is no certificate"],
  ["a half certificate", ca.cert.slice(0, 200), "it holds something that is no certificate"],
  [
    "half a certificate behind one",
    `${ca.cert}\n${ca.cert.slice(0, 200)}`,
    "it holds something that is no certificate",
  ],
  ["a private key behind one", `${ca.cert}\n${ca.key}`, "it holds something that is no certificate"],
  [
    "a private key before one, which many could read then",
    `${ca.key}\n${ca.cert}`,
    "it holds something that is no certificate",
  ],
  [
    "a private key between two",
    `${other.cert}\n${ca.key}\n${ca.cert}`,
    "it holds something that is no certificate",
  ],
  [
    "a certificate of a kind that API servers pass over",
    ca.cert.replaceAll("CERTIFICATE", "TRUSTED CERTIFICATE"),
    "it holds something that is no certificate",
  ],
  [
    "one of that kind before another",
    `${ca.cert.replaceAll("CERTIFICATE", "X509 CERTIFICATE")}\n${ca.cert}`,
    "it holds something that is no certificate",
  ],
  ["a private key", ca.key, "it holds something that is no certificate"],
  ["the serving certificate itself", serving, "it holds a certificate that is no authority's"],
  ["a foreign authority", other.cert, "none of its authorities signed the serving certificate"],
])("a bundle of %s is refused, with the reason", (_, bundle, reason) => {
  expect(caBundleProblem(bundle, serving, now)).toBe(reason);
});

test("certificates are told from what has a private key before, between or behind them", () => {
  expect(holdsCertificates(`# one\n${other.cert}\n# two\n${ca.cert}\n# end\n`)).toBe(true);
  for (const bundle of [
    [ca.key, ca.cert],
    [other.cert, ca.key, ca.cert],
    [ca.cert, ca.key],
  ]) {
    expect(holdsCertificates(bundle.join("\n"))).toBe(false);
  }
});

test("a bundle whose authority is out of date is refused", () => {
  const later = new Date(now.getTime() + 100 * 365 * 86_400_000);
  expect(caBundleProblem(ca.cert, serving, later)).toMatch(/not valid now/);
});
