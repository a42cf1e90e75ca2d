import { NAMESPACES } from "#core/model/known-kinds.ts";
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

  async namespaces(given, app) {
    const { readItemHeader } = await import("#core/objects/item-header.ts");
    const cluster = await openClusterFor(given, app);
    const names: string[] = [];
    try {
      const request = {
        resource: NAMESPACES,
        metadataOnly: true,
        pageSize: 500,
        signal: AbortSignal.timeout(2000),
      };
      for await (const batch of cluster.list(request))
        names.push(...batch.map((item) => readItemHeader(item).name));
      return names;
    } finally {
      cluster.close();
    }
  },

  async kinds(given, app) {
    const { groupResource } = await import("#core/model/item.ts");
    const cluster = await openClusterFor(given, app);
    try {
      const { resources } = await cluster.discover(AbortSignal.timeout(2000));
      return [...new Set(resources.filter((one) => one.verbs.includes("list")).map(groupResource))];
    } finally {
      cluster.close();
    }
  },
};
