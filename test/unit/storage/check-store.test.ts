import { expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { checkStore } from "#core/storage/check-store.ts";
import { createMemoryStore } from "#core/storage/memory.ts";

const signal = new AbortController().signal;
const now = () => new Date();

async function stepsOf(options: {
  readonly readOnly?: boolean;
  readonly whereToMake?: () => Promise<string>;
}) {
  const steps = await checkStore(createMemoryStore(), { readOnly: false, now, signal, ...options });
  return steps.map(({ step, failure }) => [step, failure?.code ?? "ok"]);
}

test("a location that is there is listed, written to, read, and left as it was", async () => {
  const store = createMemoryStore();
  const steps = await checkStore(store, { readOnly: false, now, signal });
  expect(steps.map(({ step }) => step)).toEqual([
    "list",
    "write",
    "read back",
    "never overwrite",
    "conditional writes",
    "delete",
  ]);
  expect(steps.every(({ failure }) => failure === undefined)).toBe(true);
  for await (const page of store.list("", { signal })) expect(page.objects).toEqual([]);
});

test("a folder that the first backup makes is asked for nothing but whether that may be", async () => {
  expect(await stepsOf({ whereToMake: async () => "/srv" })).toEqual([
    ["exist", "ok"],
    ["make", "ok"],
  ]);
});

test("one that cannot be made fails", async () => {
  const whereToMake = () => Promise.reject(new Failure("location-forbidden", "denied"));
  expect(await stepsOf({ whereToMake })).toEqual([
    ["exist", "ok"],
    ["make", "location-forbidden"],
  ]);
});

test("a read-only location that is not there fails: nothing would ever make it", async () => {
  const whereToMake = async () => "/srv";
  expect(await stepsOf({ readOnly: true, whereToMake })).toEqual([["exist", "location-missing"]]);
});
