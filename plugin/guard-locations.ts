import type { Catalog } from "#core/catalog/catalog.ts";
import { Failure } from "#core/model/errors.ts";
import { ownOptionOf } from "#core/model/location.ts";
import type { App } from "./app.ts";
import { openCatalogFor } from "./context.ts";

/** What only the guard's pods have is not to be looked for on this machine: refused, with the name it is published by. */
export async function refuseForeign(published: string, url: string): Promise<void> {
  const { parseLocation } = await import("#core/storage/parse-location.ts");
  const own = ownOptionOf(parseLocation(url));
  if (own === undefined) return;
  const what = own === "file" ? "lies on" : `names with ${own}= something of`;
  throw new Failure("refused", `${published}: ${url} ${what} the guard's machine`, {
    hint: "give it as this machine sees it: kubectl backup location add NAME URL",
  });
}

/** The guard's locations as this user reads them; `close` closes all that were opened. */
export function guardLocations(app: App) {
  const opened: Catalog[] = [];
  return {
    async open(name: string, url: string): Promise<Catalog> {
      await refuseForeign(name, url);
      const catalog = await openCatalogFor({ location: url }, app);
      opened.push(catalog);
      return catalog;
    },
    close(): void {
      for (const catalog of opened) catalog.close();
    },
  };
}
