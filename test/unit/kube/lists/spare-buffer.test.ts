import { describe, expect, it } from "vitest";
import { Delivery } from "#core/kube/lists/delivery.ts";
import { typeSplicer } from "#core/kube/lists/item-type.ts";
import { ListScanner } from "#core/kube/lists/list-scanner.ts";
import { LARGE_BYTES, SpareBuffer } from "#core/kube/lists/spare-buffer.ts";

describe("memory for large items", () => {
  it("is used again once it was taken back, and never lent twice before", () => {
    const spare = new SpareBuffer();
    const first = spare.lend(LARGE_BYTES);
    expect(spare.lend(LARGE_BYTES).buffer).not.toBe(first.buffer);
    spare.takeBack();
    expect(spare.lend(LARGE_BYTES + 1).buffer).not.toBe(first.buffer);
    spare.takeBack();
    expect(spare.lend(LARGE_BYTES).length).toBe(LARGE_BYTES);
  });

  it("is not used for small items, which may be kept", () => {
    const spare = new SpareBuffer();
    const first = spare.lend(LARGE_BYTES - 1);
    spare.takeBack();
    expect(spare.lend(LARGE_BYTES - 1).buffer).not.toBe(first.buffer);
  });
});

/** A List whose items are so large, in chunks of so many bytes. */
function* chunksOf(sizes: readonly number[], chunkBytes: number): Generator<Uint8Array> {
  const items = sizes.map((size, index) => itemOf(index, size)).join(",");
  const list = Buffer.from(`{"metadata":{"resourceVersion":"7"},"items":[${items}]}`);
  for (let at = 0; at < list.length; at += chunkBytes) yield list.subarray(at, at + chunkBytes);
}

function itemOf(index: number, size: number): string {
  return `{"metadata":{"name":"s${index}"},"data":"${String(index).repeat(size)}"}`;
}

const typedItem = (index: number, size: number) =>
  `{"kind":"Secret","apiVersion":"v1",${itemOf(index, size).slice(1)}`;

describe("a list of large and small items", () => {
  it.each([LARGE_BYTES / 4, LARGE_BYTES, 3 * LARGE_BYTES])(
    "gives each item's own bytes, with chunks of %d bytes",
    (chunkBytes) => {
      const sizes = [
        10,
        LARGE_BYTES,
        LARGE_BYTES + 5,
        200_000,
        2 * LARGE_BYTES,
        LARGE_BYTES,
        30,
        LARGE_BYTES,
      ];
      const scanner = new ListScanner();
      const typed = typeSplicer({ group: "", version: "v1", kind: "Secret" });
      const delivery = new Delivery();
      const given: string[] = [];
      const take = (items: readonly Uint8Array[]) =>
        given.push(...items.map((item) => Buffer.from(item).toString()));
      for (const chunk of chunksOf(sizes, chunkBytes)) take(delivery.offer(typed(scanner.push(chunk))));
      scanner.end();
      take(delivery.finish());
      expect(given.length).toBe(sizes.length);
      expect(given.every((item, index) => item === typedItem(index, sizes[index] ?? 0))).toBe(true);
    },
  );
});
