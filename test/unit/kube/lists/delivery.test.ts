import { describe, expect, it } from "vitest";
import { Delivery } from "#core/kube/lists/delivery.ts";

const item = (name: string, bytes = 10) =>
  Buffer.from(JSON.stringify({ kind: "X", metadata: { name, namespace: "app" }, data: "x".repeat(bytes) }));
const LARGE = 600_000;
const names = (items: readonly Uint8Array[]) =>
  items.map((each) => JSON.parse(Buffer.from(each).toString()).metadata.name);

describe("what a list has given", () => {
  it("is nothing until the list is whole, when it is small", () => {
    const delivery = new Delivery();
    expect(delivery.offer([item("a"), item("b")])).toEqual([]);
    expect(delivery.begun).toBe(false);
    expect(names(delivery.finish())).toEqual(["a", "b"]);
    expect(delivery.count).toBe(2);
  });

  it("begins once more than a megabyte was held back", () => {
    const delivery = new Delivery();
    expect(delivery.offer([item("a", LARGE)])).toEqual([]);
    expect(names(delivery.offer([item("b", LARGE)]))).toEqual(["a", "b"]);
    expect(names(delivery.offer([item("c")]))).toEqual(["c"]);
    expect(delivery.count).toBe(3);
  });

  it("starts over without a trace when nothing was given", () => {
    const delivery = new Delivery();
    delivery.offer([item("a"), item("b")]);
    delivery.startOver();
    delivery.offer([item("b"), item("c")]);
    expect(names(delivery.finish())).toEqual(["b", "c"]);
  });

  it("skips nothing of a list that starts over after one of its pages came again", () => {
    const delivery = new Delivery();
    delivery.offer([item("a")]);
    delivery.skipKnown();
    delivery.startOver();
    delivery.offer([item("a"), item("b")]);
    expect(names(delivery.finish())).toEqual(["a", "b"]);
  });

  it("is not given again when the list is read again, however often", () => {
    const delivery = new Delivery();
    delivery.offer([item("a", LARGE), item("b", LARGE)]);
    delivery.startOver();
    expect(names(delivery.offer([item("a"), item("c")]))).toEqual(["c"]);
    delivery.startOver();
    expect(names(delivery.offer([item("c"), item("b"), item("d")]))).toEqual(["d"]);
    expect(delivery.count).toBe(4);
  });

  it("skips what is held back when one page comes again", () => {
    const delivery = new Delivery();
    delivery.offer([item("a"), item("b")]);
    delivery.skipKnown();
    delivery.offer([item("b"), item("c")]);
    expect(names(delivery.finish())).toEqual(["a", "b", "c"]);
  });

  it("follows changes to what is held back, and admits those to what was given", () => {
    const delivery = new Delivery();
    delivery.offer([item("a"), item("b")]);
    delivery.change(item("a"), item("a", 20));
    delivery.change(item("b"), undefined);
    expect(delivery.changedBehind).toBe(false);
    expect(delivery.finish()).toEqual([item("a", 20)]);
    delivery.change(item("a"), undefined);
    expect(delivery.changedBehind).toBe(true);
  });
});
