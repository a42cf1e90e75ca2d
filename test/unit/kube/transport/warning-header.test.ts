import { expect, it } from "vitest";
import { parseWarnings } from "#core/kube/transport/warning-header.ts";

it("reads the texts of several warnings, commas and quotes within them included", () => {
  const header = '299 - "unknown field \\"spec.x\\", dropped", 299 - "v1 Endpoints is deprecated"';
  expect(parseWarnings(header)).toEqual(['unknown field "spec.x", dropped', "v1 Endpoints is deprecated"]);
});

it("leaves out what is no warning of the API server", () => {
  expect(parseWarnings('110 cache "Response is stale"')).toEqual([]);
  expect(parseWarnings(undefined)).toEqual([]);
});
