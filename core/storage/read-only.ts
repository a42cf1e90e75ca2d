import { Failure } from "#core/model/errors.ts";
import type { ObjectStore } from "./object-store.ts";

/** The same store for reading; every write fails before anything is sent. */
export function readOnlyStore(store: ObjectStore): ObjectStore {
  const refuse = async (): Promise<never> => {
    throw new Failure("location-read-only", `${store.url} is configured as read-only`);
  };
  return {
    url: store.url,
    list: (prefix, options) => store.list(prefix, options),
    head: (key, signal) => store.head(key, signal),
    get: (key, options) => store.get(key, options),
    put: refuse,
    openUpload: refuse,
    remove: refuse,
    sweepUploads: refuse,
    conditionalWrites: refuse,
    close: () => store.close(),
  };
}
