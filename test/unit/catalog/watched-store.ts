import type {
  GetOptions,
  ListOptions,
  ListPage,
  ObjectStore,
  StoredObject,
  Upload,
} from "#core/storage/object-store.ts";

import { collect } from "./backup-fixtures.ts";

export interface StoreCall {
  readonly method:
    | "list"
    | "head"
    | "get"
    | "put"
    | "open"
    | "write"
    | "finish"
    | "abort"
    | "remove"
    | "sweep";
  readonly key: string;
}

/** Stands around each call: may wait, throw, or let it happen and throw then. */
export type Around = <T>(call: StoreCall, happen: () => Promise<T>) => Promise<T>;

/** A store whose every call goes through one function, so that a test can end the world at any of them. */
export function watchStore(store: ObjectStore, around: Around): ObjectStore {
  return {
    url: store.url,
    async *list(prefix: string, options: ListOptions): AsyncGenerator<ListPage> {
      const pages = await around({ method: "list", key: prefix }, () => collect(store.list(prefix, options)));
      yield* pages;
    },
    async *get(key: string, options: GetOptions): AsyncGenerator<Uint8Array> {
      const chunks = await around({ method: "get", key }, () => collect(store.get(key, options)));
      yield* chunks;
    },
    head: (key, signal) => around({ method: "head", key }, () => store.head(key, signal)),
    put: (key, body, signal) => around({ method: "put", key }, () => store.put(key, body, signal)),
    openUpload: (key, signal) =>
      around({ method: "open", key }, async () =>
        watchUpload(key, await store.openUpload(key, signal), around),
      ),
    remove: (keys, signal) =>
      around({ method: "remove", key: keys.join(" ") }, () => store.remove(keys, signal)),
    sweepUploads: (prefix, age, signal) =>
      around({ method: "sweep", key: prefix }, () => store.sweepUploads(prefix, age, signal)),
    conditionalWrites: (signal) => store.conditionalWrites(signal),
    close: () => store.close(),
  };
}

function watchUpload(key: string, upload: Upload, around: Around): Upload {
  return {
    write: (chunk) => around({ method: "write", key }, () => upload.write(chunk)),
    commit: () => around<StoredObject>({ method: "finish", key }, () => upload.commit()),
    abort: () => around({ method: "abort", key }, () => upload.abort()),
  };
}
