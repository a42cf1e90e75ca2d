import type { Plugin } from "esbuild";

/** Functions of node:fs whose callback form does the same. */
const PROMISIFIED = [
  ...[
    "access",
    "link",
    "lstat",
    "mkdir",
    "mkdtemp",
    "readdir",
    "readFile",
    "readlink",
    "rename",
    "rm",
    "rmdir",
  ],
  ...["stat", "unlink", "writeFile"],
];

const CONTENTS: Readonly<Record<string, string>> = {
  // An ES import reads every export, and the WebSocket getters of node:http load all of undici (85 ms).
  http: `const http = process.getBuiltinModule("node:http");
export const { Agent, ClientRequest, IncomingMessage, METHODS, STATUS_CODES, Server, ServerResponse, createServer, get, globalAgent, request, validateHeaderName, validateHeaderValue } = http;
export default http;`,
  // node:fs/promises loads watchers and line editing (4 ms); its file handles have no other form.
  "fs/promises": `const fs = process.getBuiltinModule("node:fs");
const { promisify } = process.getBuiltinModule("node:util");
export const constants = fs.constants;
${PROMISIFIED.map((name) => `export const ${name} = promisify(fs.${name});`).join("\n")}
export const realpath = promisify(fs.realpath.native);
export const open = (...args) => process.getBuiltinModule("node:fs/promises").open(...args);`,
};

/** Modules of Node's of which only what is used is loaded, where all of it costs more than a command. */
export const leanBuiltins: Plugin = {
  name: "lean-builtins",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?(http|fs\/promises)$/ }, ({ path, kind }) =>
      // What is required is taken as it is.
      kind === "require-call" && path.endsWith("fs/promises")
        ? undefined
        : { path: path.replace("node:", ""), namespace: "lean" },
    );
    onLoad({ filter: /.*/, namespace: "lean" }, ({ path }) => {
      const contents = CONTENTS[path];
      if (contents === undefined) throw new Error(`nothing lean is known of ${path}`);
      return { contents };
    });
  },
};
