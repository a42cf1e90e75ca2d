import type { Catalog, StoredRestore } from "#core/catalog/catalog.ts";
import { isFailure } from "#core/model/errors.ts";
import type { App } from "./app.ts";
import type { LocationChoice } from "./context.ts";
import { openCatalogFor, openStateCatalogFor, runContextOf } from "./context.ts";

/** The location, and the folder on this machine that holds what locations did not take. */
export interface RestoreHolders {
  readonly location: Catalog;
  readonly local: Catalog;
  close(): void;
}

export async function openHolders(flags: LocationChoice, app: App): Promise<RestoreHolders> {
  const [location, local] = await Promise.all([openCatalogFor(flags, app), openStateCatalogFor(app)]);
  return {
    location,
    local,
    close: () => {
      location.close();
      local.close();
    },
  };
}

export async function allRestores(
  { location, local }: RestoreHolders,
  app: App,
): Promise<readonly StoredRestore[]> {
  const context = runContextOf(app);
  const [there, here] = await Promise.all([location.restores(context), local.restores(context)]);
  return [...there, ...here];
}

/** The holder of a restore, and what is known of it. The location's goes before this machine's. */
export async function findHolder(
  name: string,
  { location, local }: RestoreHolders,
  app: App,
): Promise<{ readonly catalog: Catalog; readonly restore: StoredRestore }> {
  const context = runContextOf(app);
  try {
    return { catalog: location, restore: await location.findRestore(name, context) };
  } catch (error) {
    if (!isFailure(error, "restore-not-found")) throw error;
    const restore = await local.findRestore(name, context).catch(() => undefined);
    if (restore === undefined) throw error;
    return { catalog: local, restore };
  }
}
