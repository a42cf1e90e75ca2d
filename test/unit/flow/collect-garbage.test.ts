import { execFileSync } from "node:child_process";
import { runInNewContext } from "node:vm";
import { expect, it } from "vitest";
import { collectGarbage } from "#core/flow/collect-garbage.ts";
import { NODE_FLAGS } from "#scripts/release/node-flags.ts";

it("collects what nothing refers to any more", () => {
  const kept = new WeakRef(new ArrayBuffer(1024));
  const { promise, resolve } = Promise.withResolvers<undefined>();
  setImmediate(() => {
    collectGarbage({ type: "major", execution: "sync" });
    resolve(undefined);
  });
  return promise.then(() => expect(kept.deref()).toBeUndefined());
});

it("leaves V8 with the flags it had", () => {
  collectGarbage({ type: "minor" });
  expect(runInNewContext("typeof gc")).toBe("undefined");
});

it("needs no flag at the start, and there is none under which V8 would refuse the compiled code of Node's own modules", () => {
  const codeUnder = (...flags: readonly string[]) =>
    execFileSync(process.execPath, [...flags, "-p", "require('node:v8').cachedDataVersionTag()"], {
      encoding: "utf8",
      env: { ...process.env, NODE_OPTIONS: "" },
    });
  const none = codeUnder();
  expect(codeUnder("--expose-gc")).not.toBe(none);
  expect(codeUnder(...NODE_FLAGS)).toBe(none);
});
