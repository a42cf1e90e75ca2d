import { NAMESPACES } from "#core/model/known-kinds.ts";
import type { App } from "./app.ts";
import type { Completes } from "./command.ts";
import { openCatalogFor, openClusterFor, runContextOf, surroundingsOf } from "./context.ts";

/** What the shell can be offered from the location, the cluster and the configuration. */
type Source = (app: App) => Promise<readonly string[]>;

export const completionSources: Partial<Record<Completes, Source>> = {
  async backups(app) {
    const catalog = await openCatalogFor({ location: undefined }, app);
    try {
      return (await catalog.list(runContextOf(app))).map((backup) => backup.name);
    } finally {
      catalog.close();
    }
  },

  async restores(app) {
    const catalog = await openCatalogFor({ location: undefined }, app);
    try {
      return (await catalog.restores(runContextOf(app))).map((restore) => restore.name);
    } finally {
      catalog.close();
    }
  },

  async contexts(app) {
    const { loadKubeconfig } = await import("#core/kube/access/kubeconfig-load.ts");
    return [...(await loadKubeconfig(undefined, app.env)).contexts.keys()];
  },

  async locations(app) {
    const { readLocations } = await import("#core/storage/locations.ts");
    return Object.keys((await readLocations(surroundingsOf(app))).locations);
  },

  async namespaces(app) {
    const { readItemHeader } = await import("#core/objects/item-header.ts");
    const cluster = await openClusterFor({}, app);
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

  async kinds(app) {
    const { groupResource } = await import("#core/model/item.ts");
    const cluster = await openClusterFor({}, app);
    try {
      const { resources } = await cluster.discover(AbortSignal.timeout(2000));
      return [...new Set(resources.filter((one) => one.verbs.includes("list")).map(groupResource))];
    } finally {
      cluster.close();
    }
  },
};
