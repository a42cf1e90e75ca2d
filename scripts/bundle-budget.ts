import type { Metafile } from "esbuild";

/** A module with all that it imports before its first line runs, and what that may be. */
interface Budget {
  readonly entry: string;
  /** Which output's bytes count. */
  readonly output: string;
  readonly maxBytes: number;
  /** Node's own modules that cost milliseconds, and packages, that must not be among it. */
  readonly without: RegExp;
}

/** Modules of Node's that cost a millisecond at most. */
const LIGHT = "path|fs|os|url|timers|util";

/**
 * Every command pays for what is loaded eagerly, so that has a limit: some way above what it is, so that a new command
 * fits and a library does not (the smallest, the YAML parser, is 100 KB). The last ones are what `get` and the completion
 * of names load besides: no schema, server, cipher or archive.
 */
const BUDGETS: readonly Budget[] = [
  { entry: "plugin/main.ts", output: "main.cjs", maxBytes: 110_000, without: /^node_modules\/|^node:/ },
  ...(
    [
      ["plugin/cli.ts", 130_000, ""],
      ["plugin/context.ts", 20_000, ""],
      ["core/catalog/open-catalog.ts", 25_000, ""],
      ["core/storage/directory/directory-store.ts", 30_000, ""],
      ["core/catalog/list-backups.ts", 60_000, "p-limit|yocto-queue"],
      ["core/kube/access/access.ts", 60_000, "@noble|net"],
    ] as const
  ).map(([entry, maxBytes, alsoLight]) => ({
    entry,
    output: "program.cjs",
    maxBytes,
    without: new RegExp(`^(node:|node_modules/)(?!(${LIGHT}${alsoLight === "" ? "" : `|${alsoLight}`})\\b)`),
  })),
];

/**
 * What the guard has in memory as long as it runs, most of it the web server, the schemas and the YAML parser. Certificates
 * are made once a year, the store's library is used by those with a bucket, and the tables of all file types and all
 * encodings are for servers of files.
 */
export const GUARD_BUDGETS: readonly Budget[] = [
  {
    entry: "webhook/main.ts",
    output: "main.cjs",
    maxBytes: 950_000,
    without:
      /node_modules\/(@?aws-sdk|@?smithy|selfsigned|@peculiar|asn1js|mime-db|iconv-lite\/encodings\/(?!i))/,
  },
];

/** What is over the budget, one sentence each. */
export function budgetFaults(
  { inputs, outputs }: Pick<Metafile, "inputs" | "outputs">,
  budgets = BUDGETS,
): readonly string[] {
  return budgets.flatMap(({ entry, output, maxBytes, without }) => {
    if (inputs[entry] === undefined) return [`${entry} has a budget, but is no part of the bundle`];
    const eager = eagerlyLoaded(entry, inputs);
    const written = Object.entries(outputs).find(([path]) => path.endsWith(`/${output}`))?.[1].inputs ?? {};
    const bytes = [...eager.keys()].reduce((sum, path) => sum + (written[path]?.bytesInOutput ?? 0), 0);
    const heavy = [...eager].filter(([path]) => without.test(path));
    return [
      ...heavy.map(([path, by]) => `${entry} loads ${path} eagerly, through ${by}`),
      ...(bytes > maxBytes ? [`${entry} loads ${bytes} bytes eagerly, more than ${maxBytes}`] : []),
    ];
  });
}

/** Each module with the one that brought it. */
function eagerlyLoaded(entry: string, inputs: Metafile["inputs"]): ReadonlyMap<string, string> {
  const found = new Map([[entry, ""]]);
  for (const [path] of found) {
    for (const { path: imported, kind } of inputs[path]?.imports ?? []) {
      if (kind !== "dynamic-import" && !found.has(imported)) found.set(imported, path);
    }
  }
  return found;
}
