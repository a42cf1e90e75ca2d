import { gunzipSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { decodeFooter, encodeFooter, FOOTER_BYTES } from "#core/format/archive-index-footer.ts";
import { flipped } from "./archive-in-memory.ts";

const place = { offset: 2 ** 40 + 5, length: 77 };

describe("the footer", () => {
  test("says where the table lies, in 42 bytes", () => {
    expect(encodeFooter(place)).toHaveLength(FOOTER_BYTES);
    expect(decodeFooter(encodeFooter(place))).toEqual(place);
  });

  test("is an empty file to whoever unpacks it", () => {
    expect(gunzipSync(encodeFooter(place))).toHaveLength(0);
  });

  test("is refused with any other byte around the place", () => {
    const footer = encodeFooter(place);
    const around = [...footer.keys()].filter((at) => at < 16 || at >= 32);
    for (const at of around) expect(decodeFooter(flipped(footer, at, 1))).toBeUndefined();
    expect(decodeFooter(footer.subarray(1))).toBeUndefined();
  });

  test("is refused where the place is larger than a number can say", () => {
    expect(decodeFooter(flipped(encodeFooter(place), 23, 0x80))).toBeUndefined();
  });
});
