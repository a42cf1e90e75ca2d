import { expect, test } from "vitest";
import { parseExact } from "#core/objects/exact-json.ts";
import { shownChanges } from "#core/restore/preview/shown-changes.ts";

const CONFIG_MAPS = { group: "", resource: "configmaps" };
const SECRETS = { group: "", resource: "secrets" };
const object = (text: string) => parseExact(text) as Parameters<typeof shownChanges>[1]; // an object by its text

test("each changed field stands with what it is and what it would be, numbers exactly", () => {
  const live = object('{"data":{"a":9007199254740993,"b":1,"gone":true}}');
  const wanted = object('{"data":{"a":9007199254740992,"b":1,"new":"x"}}');
  expect(shownChanges(CONFIG_MAPS, live, wanted)).toEqual([
    { path: ".data.a", old: "9007199254740993", new: "9007199254740992" },
    { path: ".data.gone", old: "true" },
    { path: ".data.new", new: '"x"' },
  ]);
});

test("no value of a Secret is ever shown, also where `kubectl apply` has repeated it", () => {
  const secret = (value: string) => ({
    type: "Opaque",
    metadata: { annotations: { last: `{"data":"${value}"}` }, labels: { of: value } },
    data: { key: value },
    stringData: value,
  });
  const changes = shownChanges(SECRETS, secret("aaaa"), secret("bbbb"));
  const masked = { old: "(secret, differs)", new: "(secret, differs)" };
  expect(changes).toEqual([
    { path: ".data.key", ...masked },
    { path: ".metadata.annotations.last", ...masked },
    { path: ".metadata.labels.of", old: '"aaaa"', new: '"bbbb"' },
    { path: ".stringData", ...masked },
  ]);
  expect(shownChanges(SECRETS, {}, secret("bbbb")).filter(({ path }) => path !== ".type")).toEqual([
    { path: ".data", new: masked.new },
    { path: ".metadata", new: masked.new },
    { path: ".stringData", new: masked.new },
  ]);
});

test("long values are cut, and an object that is changed all over is counted", () => {
  const many = (value: string) => Object.fromEntries(Array.from({ length: 150 }, (_, n) => [`k${n}`, value]));
  const changes = shownChanges(CONFIG_MAPS, many("a"), many("b".repeat(5_000)));
  expect(changes).toHaveLength(101);
  expect(changes[0]?.new).toHaveLength(1_001);
  expect(changes.at(-1)).toEqual({ path: "and 50 more" });
});
