import { expect, test } from "vitest";
import { isFailure } from "#core/model/errors.ts";
import type { LocationUrl } from "#core/model/location.ts";
import { parseLocation } from "#core/storage/parse-location.ts";
import { guardOptions, type InstallFlags } from "#plugin/requests/guard-request.ts";

const IMAGE = `registry.example/guard@sha256:${"0f".repeat(32)}`;
const S3 = parseLocation("s3://backups/clusters?region=eu-central-1");

/** Flags as they are parsed, none given but those that an installation cannot do without. */
function flags(given: Partial<InstallFlags>): InstallFlags {
  // Flags that are not given are undefined, which every one of them allows.
  return { location: [], image: IMAGE, readCredentials: "service-account", ...given } as InstallFlags;
}

const at = (...locations: readonly LocationUrl[]) => locations.map((location) => ({ location }));

function refusalOf(given: Partial<InstallFlags>, locations = at(S3)): string {
  try {
    guardOptions(flags(given), locations);
    return "taken";
  } catch (error) {
    if (!isFailure(error, "usage")) throw error;
    return `${error.message}\n${error.hint}`;
  }
}

test("what is not given has the field's defaults", () => {
  expect(guardOptions(flags({}), at(S3))).toMatchObject({
    image: IMAGE,
    locations: { default: "backups", locations: { backups: S3.url } },
    credentials: { from: "service-account" },
    replicas: undefined,
    port: 10_250,
    hostNetwork: false,
    components: [],
  });
});

test("on the node's network the port is not the kubelet's", () => {
  expect(guardOptions(flags({ hostNetwork: true }), at(S3)).port).toBe(10_260);
  expect(refusalOf({ hostNetwork: true, port: 10_250 })).toMatch(/kubelet/);
});

test("locations keep their names; those given as URLs are called after their bucket, each once", () => {
  const [one, two] = [parseLocation("s3://same/one"), parseLocation("s3://same/two")];
  const { locations } = guardOptions(flags({}), [
    { location: one },
    { location: two },
    { name: "far", location: S3 },
  ]);
  expect(locations).toEqual({
    default: "same",
    locations: { same: one.url, "same-2": two.url, far: S3.url },
  });
});

test("without credentials of its own the guard is not installed, and the refusal names the rights and both ways", () => {
  const refusal = refusalOf({ readCredentials: undefined });
  expect(refusal).toMatch(/--read-credentials is missing/);
  expect(refusal).toMatch(/s3:ListBucket on backups, s3:GetObject on backups\/clusters\/\*/);
  expect(refusal).toMatch(/secret\/NAME/);
  expect(refusal).toMatch(/service-account/);
});

test.each([
  ["no image", { image: undefined }, /--image is missing/],
  ["latest", { image: "guard:latest" }, /names no digest/],
  [
    "credentials of another form",
    { readCredentials: "AKIA:secret" },
    /neither secret\/NAME nor service-account/,
  ],
  ["an authority from a file", { locationCa: "/etc/ca.pem" }, /neither configmap\/NAME nor secret\/NAME/],
  ["half a replica", { replicas: 1.5 }, /--replicas: 1.5 is not a whole number/],
  ["no replica", { replicas: 0 }, /--replicas: 0/],
  ["a port beyond all", { port: 70_000 }, /--port: 70000/],
])("%s is refused", (_, given, message) => {
  expect(refusalOf(given)).toMatch(message);
});

test.each([
  ["a folder", "file:///var/backups", /pods cannot see it/],
  ["a profile of this machine", "s3://backups?profile=me", /profile names something on this machine/],
  ["a CA file of this machine", "s3://backups?endpoint=https://s3.lab&ca=/etc/ca.pem", /ca names something/],
])("%s as a location is refused, with the reason", (_, url, message) => {
  expect(refusalOf({}, at(parseLocation(url)))).toMatch(message);
});

test("a private authority is named by the object in the cluster that holds it", () => {
  expect(guardOptions(flags({ locationCa: "configmap/lab-ca" }), at(S3)).locationCa).toEqual({
    from: "configmap",
    name: "lab-ca",
  });
  const url = "s3://backups?endpoint=https://s3.lab&ca=/etc/ca.pem";
  expect(refusalOf({}, at(parseLocation(url)))).toMatch(
    /give the location without ca=, .* --location-ca configmap\/location-ca after: kubectl .* --from-file=ca.crt=FILE$/,
  );
});

test("rights to note backups beyond namespaces come only when asked for", () => {
  expect(guardOptions(flags({ annotate: "namespaces" }), at(S3)).components).toEqual([]);
  expect(guardOptions(flags({ annotate: "workloads" }), at(S3)).components).toEqual(["annotate-workloads"]);
  expect(guardOptions(flags({ annotate: "all" }), at(S3)).components).toEqual(["annotate-all"]);
});

test("what needs the Prometheus operator comes only when asked for", () => {
  expect(guardOptions(flags({ monitoring: true }), at(S3)).components).toEqual(["monitoring"]);
  expect(guardOptions(flags({}), at(S3)).components).toEqual([]);
});
