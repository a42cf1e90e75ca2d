import { homedir, tmpdir } from "node:os";
import type { Catalog } from "#core/catalog/catalog.ts";
import type { ClusterAccess } from "#core/kube/access/access.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { parseDuration } from "#core/model/duration.ts";
import type { OnProgress } from "#core/model/progress.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { cacheFolder, type Surroundings, stateFolder } from "#core/storage/platform-folders.ts";
import type { App } from "./app.ts";
import type { FlagValues } from "./command.ts";
import type { clusterFlags, locationFlag } from "./flags.ts";
import { TOOL_VERSION } from "./tool-version.ts";

/** The composition root: flags and environment → cluster, catalog, run context. Heavy parts are loaded here, on demand. */
export type ClusterChoice = Partial<FlagValues<typeof clusterFlags>> & {
  readonly namespace?: string | undefined;
};
export type LocationChoice = FlagValues<typeof locationFlag>;

const USER_AGENT = `kubectl-backup/${TOOL_VERSION} (${process.platform}/${process.arch})`;

/** What is known of the chosen cluster without asking it: no transport is loaded. */
export async function openAccessFor(flags: ClusterChoice, app: App): Promise<ClusterAccess> {
  const { openAccess } = await import("#core/kube/access/access.ts");
  return openAccess({
    ...flags,
    asGroups: flags.asGroup,
    env: app.env,
    // Only a credential plugin wants to know: standard input is not opened before.
    get interactive() {
      return app.stdin.isTTY === true;
    },
  });
}

/** One cluster as one user; no connection is made before the first call. */
export async function openClusterFor(flags: ClusterChoice, app: App): Promise<Cluster> {
  const [access, { openCluster }] = await Promise.all([
    openAccessFor(flags, app),
    import("#core/kube/open-cluster.ts"),
  ]);
  return openCluster(access, {
    userAgent: USER_AGENT,
    requestTimeoutSeconds: requestTimeout(flags.requestTimeout),
    onNote: (text) => {
      if (app.verbosity > 0) app.stderr.write(`note: ${text}\n`);
    },
    onRequest: requestTeller(app),
  });
}

/** kubectl's: a plain number means seconds. */
function requestTimeout(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  return /^\d+$/.test(text) ? Number(text) : parseDuration(text, "--request-timeout");
}

export async function openCatalogFor(flags: LocationChoice, app: App): Promise<Catalog> {
  const [{ resolveLocation }, { openStore }, { openCatalog }] = await Promise.all([
    import("#core/storage/locations.ts"),
    import("#core/storage/open-store.ts"),
    import("#core/catalog/open-catalog.ts"),
  ]);
  const { location } = await resolveLocation(flags.location, surroundingsOf(app));
  const { store, warnings } = await openStore(location);
  for (const warning of warnings) app.stderr.write(`warning: ${warning}\n`);
  const tell = requestTeller(app);
  const told = tell === undefined ? store : await tellingStore(store, tell);
  return openCatalog(told, { cacheFolder: cacheFolder(surroundingsOf(app)), tempFolder: tmpdir() });
}

/** -v=2 shows every request; otherwise nobody is told, which costs nothing. */
function requestTeller(app: App): ((text: string) => void) | undefined {
  return app.verbosity < 2 ? undefined : (text) => app.stderr.write(`request: ${text}\n`);
}

async function tellingStore(store: ObjectStore, tell: (text: string) => void): Promise<ObjectStore> {
  const { toldStore } = await import("./told-store.ts");
  return toldStore(store, (text) => tell(`location: ${text}`));
}

export function surroundingsOf(app: App): Surroundings {
  return { env: app.env, platform: process.platform, home: app.env["HOME"] ?? homedir() };
}

/** The catalog of what restores left on this machine. */
export async function openStateCatalogFor(app: App): Promise<Catalog> {
  const { openStateCatalog } = await import("#core/catalog/open-state-catalog.ts");
  return openStateCatalog(stateFolderOf(app));
}

/** Reports of restores from a location that cannot be written lie here. */
export function stateFolderOf(app: App): string {
  return stateFolder(surroundingsOf(app));
}

export function runContextOf(app: App, onProgress: OnProgress = () => undefined): RunContext {
  return { signal: app.signal, now: app.now, onProgress };
}
