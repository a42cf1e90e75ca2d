import { expect, test } from "vitest";
import { givenChoices, givenFlags } from "#plugin/given-flags.ts";

test("what is typed so far chooses cluster and location, glued, short or repeated", () => {
  const words = "get b1 --location=main --context prod -s https://a --as-group g --as-group h".split(" ");
  expect(givenChoices([...words, "--insecure-skip-tls-verify"])).toEqual({
    location: "main",
    context: "prod",
    server: "https://a",
    asGroup: ["g", "h"],
    insecureSkipTlsVerify: true,
  });
});

test("a switch that is set to false is off", () => {
  expect(givenChoices(["get", "--insecure-skip-tls-verify=false"])).toEqual({ insecureSkipTlsVerify: false });
});

test("a value without a space behind its short flag is one, too", () => {
  expect(givenFlags(["create", "-nshop", "-ojson"])).toMatchObject([{ name: "namespace", value: "shop" }]);
});
