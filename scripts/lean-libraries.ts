import { createRequire } from "node:module";
import type { Plugin } from "esbuild";

/** What express is asked to name: the guard answers with no other type, and reads none. */
const MIME_TYPES = ["application/json", "application/octet-stream", "text/html", "text/plain"];

/**
 * Parts of libraries' data that the guard keeps in memory and never asks for: each of express's own libraries brings all
 * types of files there are, and whatever reads JSON all encodings of the last century.
 */
export const leanLibraries: Plugin = {
  name: "lean-libraries",
  setup({ onResolve, onLoad, resolve }) {
    // One for all of them, which lie in folders of their own; in a namespace for which no other plugin answers.
    onResolve({ filter: /^mime-db$/ }, ({ path, pluginData, ...from }) =>
      pluginData === "found"
        ? undefined
        : resolve(path, { ...from, pluginData: "found" }).then((found) => ({
            path: "mime-db",
            namespace: "lean-libraries",
            pluginData: found.path,
          })),
    );
    onLoad({ filter: /^mime-db$/, namespace: "lean-libraries" }, ({ pluginData: file }) => {
      const all = createRequire(file)(file);
      return {
        contents: JSON.stringify(Object.fromEntries(MIME_TYPES.map((type) => [type, all[type]]))),
        loader: "json",
      };
    });
    onLoad({ filter: /\/iconv-lite\/encodings\/index\.js$/ }, () => ({
      contents: `module.exports = require("./internal");`,
    }));
  },
};
