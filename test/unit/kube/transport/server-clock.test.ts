import { describe, expect, it } from "vitest";
import { ServerClock } from "#core/kube/transport/server-clock.ts";

const header = "Sun, 22 Nov 2026 10:00:00 GMT";
const at = (ms: number) => new Date(Date.parse(header) + ms).toISOString();

function clocks() {
  const now = { monotonic: 5_000, local: 0 };
  const clock = new ServerClock({ monotonicMs: () => now.monotonic, localMs: () => now.local });
  return { now, clock };
}

describe("the server's clock", () => {
  it("is what the server said, carried on, whatever this machine's clock says", () => {
    const { now, clock } = clocks();
    clock.note(header);
    now.monotonic += 2_500;
    now.local = 999_999;
    expect(clock.now().toISOString()).toBe(at(2_500));
  });

  it("tells the time of a mark that was set before the server had spoken", () => {
    const { now, clock } = clocks();
    const mark = clock.mark();
    now.monotonic += 400;
    clock.note(header);
    expect(clock.at(mark).toISOString()).toBe(at(-400));
  });

  it("never goes back: headers are cut to seconds and come late", () => {
    const { now, clock } = clocks();
    clock.note(header);
    now.monotonic += 900;
    clock.note(header);
    expect(clock.now().toISOString()).toBe(at(900));
  });

  it("is this machine's where the server told none", () => {
    const { now, clock } = clocks();
    now.local = Date.parse(header);
    clock.note(undefined);
    clock.note("yesterday");
    expect(clock.now().toISOString()).toBe(at(0));
  });
});
