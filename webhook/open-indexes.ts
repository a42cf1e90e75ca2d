import { tmpdir } from "node:os";
import type { CatalogReader } from "#core/catalog/catalog.ts";
import { openCatalog } from "#core/catalog/open-catalog.ts";
import { BackupIndex, type IndexOptions } from "#core/guard/backup-index.ts";
import { Failure } from "#core/model/errors.ts";
import { locationsIn } from "#core/storage/locations.ts";
import { openStore } from "#core/storage/open-store.ts";

/** An index of each location of the configuration file, the default first. Failure usage where there is none. */
export async function openIndexes(
  configFile: string,
  options: IndexOptions,
  onWarning: (message: string) => void,
): Promise<readonly BackupIndex[]> {
  const locations = await locationsIn(configFile);
  if (locations.length === 0) throw new Failure("usage", `${configFile} names no location`);
  return locations.map((location) => {
    const open = async (): Promise<CatalogReader> => {
      const { store, warnings } = await openStore(location);
      for (const warning of warnings) onWarning(warning);
      const folder = tmpdir();
      return openCatalog(store, { cacheFolder: folder, tempFolder: folder });
    };
    return new BackupIndex({ url: location.url, open }, options);
  });
}
