import type { ListRequest } from "#core/kube/cluster.ts";
import { labelKeys } from "#core/model/annotations.ts";
import { GUARD, UNGUARDED_NAMESPACES } from "#core/model/guard.ts";
import { NAMESPACES, SECRETS } from "#core/model/known-kinds.ts";
import type { App } from "./app.ts";
import type { Source } from "./completion.ts";
import {
  type ClusterChoice,
  type LocationChoice,
  openCatalogFor,
  openClusterFor,
  runContextOf,
  surroundingsOf,
} from "./context.ts";

/** What the shell can be offered from the location, the cluster and the configuration that the words so far choose. */
type Ask = (given: ClusterChoice & LocationChoice, app: App) => Promise<readonly string[]>;

export const completionSources: Readonly<Record<Source, Ask>> = {
  async backups(given, app) {
    const catalog = await openCatalogFor({ location: given.location }, app);
    try {
      return await catalog.names(runContextOf(app));
    } finally {
      catalog.close();
    }
  },

  async restores(given, app) {
    const { openHolders } = await import("./stored-restores.ts");
    const { location, local, close } = await openHolders({ location: given.location }, app);
    try {
      const context = runContextOf(app);
      const [there, here] = await Promise.all([location.restoreNames(context), local.restoreNames(context)]);
      return [...new Set([...there, ...here])];
    } finally {
      close();
    }
  },

  async logs(given, app) {
    const [backups, restores] = await Promise.all([
      completionSources.backups(given, app),
      completionSources.restores(given, app),
    ]);
    return [...backups, ...restores.map((name) => `restore/${name}`)];
  },

  async contexts(given, app) {
    const { loadKubeconfig } = await import("#core/kube/access/kubeconfig-load.ts");
    return [...(await loadKubeconfig(given.kubeconfig, app.env)).contexts.keys()];
  },

  async locations(_given, app) {
    const { readLocations } = await import("#core/storage/locations.ts");
    return Object.keys((await readLocations(surroundingsOf(app))).locations);
  },

  namespaces: (given, app) => namesOf({ resource: NAMESPACES }, given, app),

  async "protectable-namespaces"(given, app) {
    const all = await namesOf({ resource: NAMESPACES }, given, app);
    return all.filter((name) => !UNGUARDED_NAMESPACES.includes(name));
  },

  "protected-namespaces": (given, app) =>
    namesOf(
      { resource: NAMESPACES, labelSelector: `${labelKeys.protect},${labelKeys.protect}!=false` },
      given,
      app,
    ),

  async "published-locations"(given, app) {
    const { readPublishedLocations } = await import("#core/guard/published-locations.ts");
    const cluster = await openClusterFor(given, app);
    try {
      return Object.keys((await readPublishedLocations(cluster, patience())).locations);
    } finally {
      cluster.close();
    }
  },

  "guard-secrets": guardSecrets,

  async "guard-credentials"(given, app) {
    const secrets = await guardSecrets(given, app).catch(() => []);
    return ["service-account", ...secrets.map((name) => `secret/${name}`)];
  },

  async kinds(given, app) {
    const { groupResource } = await import("#core/model/item.ts");
    const cluster = await openClusterFor(given, app);
    try {
      const { resources } = await cluster.discover(patience());
      return [...new Set(resources.filter((one) => one.verbs.includes("list")).map(groupResource))];
    } finally {
      cluster.close();
    }
  },
};

/** A shell's user waits for the answer. */
const patience = () => AbortSignal.timeout(2000);

function guardSecrets(given: ClusterChoice, app: App): Promise<readonly string[]> {
  const own: readonly string[] = [GUARD.tlsSecret];
  return namesOf({ resource: SECRETS, namespace: GUARD.namespace }, given, app).then((names) =>
    names.filter((name) => !own.includes(name)),
  );
}

async function namesOf(
  which: Pick<ListRequest, "resource" | "namespace" | "labelSelector">,
  given: ClusterChoice,
  app: App,
): Promise<readonly string[]> {
  const { readItemHeader } = await import("#core/objects/item-header.ts");
  const cluster = await openClusterFor(given, app);
  const names: string[] = [];
  try {
    const request = { ...which, metadataOnly: true, pageSize: 500, signal: patience() };
    for await (const batch of cluster.list(request))
      names.push(...batch.map((item) => readItemHeader(item).name));
    return names;
  } finally {
    cluster.close();
  }
}
