import type { ObjectStore } from "#core/storage/object-store.ts";

/** A store that tells each call before it is made, for -v=2. Keys and ranges only, never credentials or contents. */
export function toldStore(store: ObjectStore, tell: (text: string) => void): ObjectStore {
  return {
    url: store.url,
    list: (prefix, options) => {
      tell(`list ${prefix === "" ? "all" : prefix}`);
      return store.list(prefix, options);
    },
    head: (key, signal) => {
      tell(`head ${key}`);
      return store.head(key, signal);
    },
    get: (key, options) => {
      const { range } = options;
      tell(`get ${key}${range === undefined ? "" : ` ${range.length} bytes from ${range.offset}`}`);
      return store.get(key, options);
    },
    put: (key, body, signal) => {
      tell(`put ${key} ${body.length} bytes`);
      return store.put(key, body, signal);
    },
    openUpload: (key, signal) => {
      tell(`upload ${key}`);
      return store.openUpload(key, signal);
    },
    remove: (keys, signal) => {
      tell(`remove ${keys.join(" ")}`);
      return store.remove(keys, signal);
    },
    sweepUploads: (prefix, olderThanMs, signal) => {
      tell(`sweep uploads below ${prefix}`);
      return store.sweepUploads(prefix, olderThanMs, signal);
    },
    conditionalWrites: (signal) => store.conditionalWrites(signal),
    close: () => store.close(),
  };
}
