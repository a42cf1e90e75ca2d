import { afterEach, beforeEach, expect, it, vi } from "vitest";
import type { RestoreWriter } from "#core/catalog/catalog.ts";
import { Journal } from "#core/restore/journal.ts";

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** Stores what it is given, or fails as often as it is told to. */
function writerThat(fails: number) {
  const parts: string[] = [];
  let failures = 0;
  const writer: RestoreWriter = {
    url: "memory:",
    runId: "run",
    append: async (lines) => {
      failures += 1;
      if (failures <= fails) throw new Error("no room");
      parts.push(lines);
    },
    writeFile: async () => undefined,
    keepBefore: async () => undefined,
    assertHeld: () => undefined,
    withdraw: async () => undefined,
    close: async () => undefined,
  };
  return { writer, parts };
}

const names = (parts: readonly string[]) =>
  parts
    .join("")
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line).name);

it("stores what came within a second as one part, and nothing where nothing came", async () => {
  const { writer, parts } = writerThat(0);
  const journal = new Journal(writer, () => undefined);
  journal.addItem('{"name":"a"}');
  journal.addItem('{"name":"b"}');
  expect(parts).toEqual([]);
  await vi.advanceTimersByTimeAsync(1_000);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(parts).toEqual(['{"type":"item","name":"a"}\n{"type":"item","name":"b"}\n']);
});

it("tells at once whether a line is stored, whatever else is on its way", async () => {
  const { writer, parts } = writerThat(1);
  const journal = new Journal(writer, () => undefined);
  const line = (name: string) => ({ type: "phase", at: "", phase: "hooks", name }) as const;
  expect(await journal.addNow(line("a"))).toBe(false);
  expect(await Promise.all([journal.addNow(line("b")), journal.addNow(line("c"))])).toEqual([true, true]);
  expect(names(parts)).toEqual(["a", "b", "c"]);
  expect(await new Journal(undefined, () => undefined).addNow(line("d"))).toBe(true);
});

it("stores a part that failed again, before what came later", async () => {
  const { writer, parts } = writerThat(2);
  const troubles: string[] = [];
  const journal = new Journal(writer, (message) => troubles.push(message));
  for (const name of ["a", "b", "c"]) {
    journal.addItem(JSON.stringify({ name }));
    await vi.advanceTimersByTimeAsync(1_000);
  }
  expect(names(parts)).toEqual(["a", "b", "c"]);
  expect(troubles).toEqual([]);
});

it("is given up, said once, and keeps no more in memory when no part can be stored", async () => {
  const { writer, parts } = writerThat(Number.POSITIVE_INFINITY);
  const troubles: string[] = [];
  const journal = new Journal(writer, (message) => troubles.push(message));
  for (let second = 0; second < 20; second += 1) {
    journal.addItem('{"name":"a"}');
    await vi.advanceTimersByTimeAsync(1_000);
  }
  await journal.close();
  expect(parts).toEqual([]);
  expect(troubles).toEqual(["the journal of this restore could not be stored: no room"]);
});

it("stores what is left when it is closed, behind the part that is under way", async () => {
  const { writer, parts } = writerThat(0);
  const journal = new Journal(writer, () => undefined);
  journal.addItem('{"name":"a"}');
  await vi.advanceTimersByTimeAsync(1_000);
  journal.addItem('{"name":"b"}');
  await journal.close();
  expect(names(parts)).toEqual(["a", "b"]);
});
