import { expect, test } from "vitest";
import { isFailure } from "#core/model/errors.ts";
import { addRequest, refuseTaken, takenLocations } from "#plugin/requests/location-request.ts";

const THERE = { default: "main", locations: { main: "s3://main", far: "s3://far" } };

function take(...[name, published]: (string | undefined)[]) {
  return takenLocations({ from: "cluster", name, published }, THERE);
}

function refusalOf(work: () => unknown): string {
  try {
    work();
    return "taken";
  } catch (error) {
    if (!isFailure(error)) throw error;
    return `${error.code}: ${error.message}\n${error.hint}`;
  }
}

test("without --from-cluster a name and a URL are needed", () => {
  expect(addRequest(["a", "s3://a"], {})).toEqual({ from: "user", name: "a", url: "s3://a" });
  expect(refusalOf(() => addRequest([], {}))).toMatch(/^usage: NAME is missing\n.*--from-cluster/);
  expect(refusalOf(() => addRequest(["a"], {}))).toMatch(/^usage: URL is missing/);
});

test("with --from-cluster the name is how to call it here, and a URL beside it is refused", () => {
  expect(addRequest([], { fromCluster: "" })).toEqual({ from: "cluster" });
  expect(addRequest(["a"], { fromCluster: "main" })).toEqual({
    from: "cluster",
    name: "a",
    published: "main",
  });
  expect(refusalOf(() => addRequest(["a", "s3://a"], { fromCluster: "" }))).toMatch(/^usage: --from-cluster/);
});

test.each([
  ["--context", { context: "prod" }],
  ["--kubeconfig", { kubeconfig: "/k" }],
  ["--as-group", { asGroup: ["ops"] }],
])("%s without --from-cluster is refused: the location would seem to be that cluster's", (flag, given) => {
  expect(refusalOf(() => addRequest(["a", "s3://a"], given))).toMatch(
    new RegExp(`^usage: ${flag}: no cluster is asked without --from-cluster\n`),
  );
  expect(addRequest([], { ...given, fromCluster: "" })).toEqual({ from: "cluster" });
  expect(addRequest(["a", "s3://a"], { asGroup: [] })).toMatchObject({ from: "user" });
});

test("all are taken under their own names, one of them alone, and the default under another name", () => {
  expect(take()).toEqual({
    default: "main",
    all: [
      { name: "main", url: "s3://main", published: "main" },
      { name: "far", url: "s3://far", published: "far" },
    ],
  });
  expect(take(undefined, "far").all).toEqual([{ name: "far", url: "s3://far", published: "far" }]);
  expect(take("prod").all).toEqual([{ name: "prod", url: "s3://main", published: "main" }]);
  expect(take("prod", "far").default).toBe("prod");
});

test("one that is not published is told with the nearest, and with all", () => {
  expect(refusalOf(() => take(undefined, "mian"))).toMatch(
    /^location-unknown: .*"mian", but main, far\n.*--from-cluster adds them all/,
  );
  expect(refusalOf(() => take(undefined, "maim"))).toMatch(/--from-cluster=main$/);
});

test("a name that means something else here is refused with the command that takes it under another", () => {
  const here = { locations: { prod: "s3://mine", far: "s3://far" } };
  expect(refusalOf(() => refuseTaken(take("prod", "far"), here))).toMatch(
    /^name-taken: .*s3:\/\/mine, not s3:\/\/far; nothing was added\nkubectl backup location add OTHER --from-cluster=far /,
  );
  expect(refusalOf(() => refuseTaken(take(), here))).toBe("taken");
});
