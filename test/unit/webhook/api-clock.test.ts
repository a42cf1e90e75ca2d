import { expect, test } from "vitest";
import { ApiClock } from "#webhook/api-clock.ts";

const { signal } = new AbortController();
const SERVER = Date.parse("2026-05-01T12:00:00Z");

function clockAt(server: () => number) {
  let ms = 1000;
  let readings = 0;
  const read = async () => {
    readings += 1;
    return new Date(server());
  };
  const clock = new ApiClock(read, () => ms);
  const pass = (more: number) => {
    ms += more;
  };
  return { clock, pass, readings: () => readings };
}

test("the last reading tells roughly what time it is for as long as no other can be had", async () => {
  const { clock, pass, readings } = clockAt(() => SERVER);
  expect(clock.roughly).toBeUndefined();
  await clock.refresh(signal);
  pass(3_600_000);
  expect(clock.roughly).toEqual(new Date(SERVER + 3_600_000));
  expect(readings()).toBe(1);
});

test("a reading is carried on for a minute, then another is taken", async () => {
  const { clock, pass, readings } = clockAt(() => SERVER);
  expect(await clock.now(signal)).toEqual(new Date(SERVER));
  pass(59_000);
  expect(await clock.now(signal)).toEqual(new Date(SERVER + 59_000));
  expect(readings()).toBe(1);
  pass(1000);
  expect(await clock.now(signal)).toEqual(new Date(SERVER));
  expect(readings()).toBe(2);
});

test("a server's clock that is set back is followed, not the highest that was ever told", async () => {
  let server = SERVER;
  const { clock, pass } = clockAt(() => server);
  await clock.now(signal);
  server -= 3_600_000;
  pass(60_000);
  expect(await clock.now(signal)).toEqual(new Date(SERVER - 3_600_000));
});

test("where the server does not tell the time nobody else is asked", async () => {
  const { clock } = clockAt(() => {
    throw new Error("no route to host");
  });
  await expect(clock.now(signal)).rejects.toThrow("no route to host");
});
