import { BACKUPS_PREFIX } from "#core/format/layout.ts";
import { Failure } from "#core/model/errors.ts";
import type { ObjectReader } from "#core/storage/object-store.ts";

/** The store's clock as it answered one listing. */
export async function readStoreTime(store: ObjectReader, signal: AbortSignal): Promise<Date> {
  for await (const { serverTime } of store.list(BACKUPS_PREFIX, { shallow: true, signal })) return serverTime;
  throw new Failure("location-error", `${store.url} answered a listing with nothing`);
}
