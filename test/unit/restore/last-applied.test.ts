import { expect, it } from "vitest";
import { type ExactObject, parseExact } from "#core/objects/exact-json.ts";
import { sent } from "./rules-fixture.ts";

const KEY = "kubectl.kubernetes.io/last-applied-configuration";
const given = (applied: string, spec: ExactObject) => ({
  resource: "deployments",
  group: "apps",
  object: { metadata: { name: "one", namespace: "app", annotations: { [KEY]: applied } }, spec },
});
const applied = (object: ExactObject): unknown => {
  const { annotations } = object["metadata"] as { annotations: Record<string, string> };
  return parseExact(annotations[KEY] ?? "");
};
const containers = (...images: string[]) =>
  images.map((image, at) => ({ name: `c${at}`, image, imagePullPolicy: "Always" }));
const template = (...images: string[]) => ({ template: { spec: { containers: containers(...images) } } });

it("what kubectl applied follows the namespace and the images, and gets nothing else", () => {
  const before =
    '{"metadata":{"name":"one","namespace":"app","annotations":{}},"spec":{"replicas":12345678901234567890,"template":{"spec":{"containers":[{"name":"c0","image":"old/a"},{"name":"c1","image":"x"}]}}}}\n';
  const request = { namespaceMapping: { app: "copy" }, imageMapping: { old: "new" } };
  const object = sent({ ...given(before, template("old/a", "x")), request });
  const text = before.replace('"namespace":"app"', '"namespace":"copy"').replace("old/a", "new/a");
  expect((object["metadata"] as { annotations: Record<string, string> }).annotations[KEY]).toBe(text);
});

it("entries that came or went are told apart by their names", () => {
  const before = '{"spec":{"template":{"spec":{"containers":[{"name":"c1","image":"old/b"}]}}}}';
  const object = sent({
    ...given(before, template("old/a", "old/b")),
    request: { imageMapping: { old: "new" } },
  });
  expect(applied(object)).toMatchObject({
    spec: { template: { spec: { containers: [{ name: "c1", image: "new/b" }] } } },
  });
});

it("it stays byte for byte where nothing was changed, and where it is no JSON", () => {
  const odd = '{ "spec": {"replicas": 1.0} }';
  const request = { imageMapping: { nothing: "new" } };
  expect(sent({ ...given(odd, template("a")), request })).toEqual(given(odd, template("a")).object);
  const broken = sent({ ...given("{", template("old/a")), request: { imageMapping: { old: "new" } } });
  expect(broken["metadata"]).toEqual(given("{", {}).object.metadata);
});
