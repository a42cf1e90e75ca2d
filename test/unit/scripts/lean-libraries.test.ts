import { createRequire } from "node:module";
import { join } from "node:path";
import { build, type Plugin } from "esbuild";
import { expect, test } from "vitest";
import { leanBuiltins } from "#scripts/lean-builtins.ts";
import { leanLibraries } from "#scripts/lean-libraries.ts";

const EXPRESS = join(import.meta.dirname, "../../../node_modules/express");
const USED = `
  const { contentType, extension } = require("mime-types");
  const { decode, encodingExists } = require("iconv-lite");
  module.exports = {
    types: ["text/plain", "application/json", "html", "bin"].map((type) => contentType(type)),
    extension: extension("application/json"),
    text: decode(Buffer.from("größer"), "utf-8"),
    encodings: ["utf8", "utf-16le", "shift_jis"].map((name) => encodingExists(name)),
  };`;

async function bundled(plugins: Plugin[]): Promise<{ readonly bytes: number; readonly exports: unknown }> {
  const { outputFiles } = await build({
    ...{ bundle: true, format: "cjs", platform: "node", write: false, minifyWhitespace: true, plugins },
    stdin: { contents: USED, resolveDir: EXPRESS },
  });
  const [{ text } = { text: "" }] = outputFiles;
  const module = { exports: {} };
  new Function("module", "require", text)(module, createRequire(import.meta.url));
  return { bytes: text.length, exports: module.exports };
}

test("of the tables of all types and encodings what the guard says and reads is left, a twentieth of them", async () => {
  const [lean, whole] = [await bundled([leanBuiltins, leanLibraries]), await bundled([])];
  const said = {
    types: [
      "text/plain; charset=utf-8",
      "application/json; charset=utf-8",
      "text/html; charset=utf-8",
      "application/octet-stream",
    ],
    extension: "json",
    text: "größer",
  };
  expect(lean.exports).toEqual({ ...said, encodings: [true, true, false] });
  expect(whole.exports).toEqual({ ...said, encodings: [true, true, true] });
  expect(lean.bytes * 20).toBeLessThan(whole.bytes);
});
