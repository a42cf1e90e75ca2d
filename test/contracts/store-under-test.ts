import type { ListOptions, ListPage, ObjectStore } from "#core/storage/object-store.ts";

export interface StoreUnderTest {
  readonly store: ObjectStore;
  /** Ends what was started for it. */
  readonly stop?: () => Promise<void> | void;
  /** Large enough that an upload goes through several parts where the store has parts. */
  readonly largeBytes?: number;
  /** False where the server ignores conditions: then an existing key is told as far as a look before shows it. */
  readonly conditional?: { readonly put: boolean; readonly upload: boolean };
}

const signal = new AbortController().signal;

async function collect<T>(source: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const one of source) all.push(one);
  return all;
}

export async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<Buffer> {
  return Buffer.concat(await collect(chunks));
}

export async function listAll(store: ObjectStore, prefix: string, options: Partial<ListOptions> = {}) {
  const pages: ListPage[] = await collect(store.list(prefix, { signal, ...options }));
  return {
    keys: pages.flatMap((page) => page.objects.map((object) => object.key)),
    objects: pages.flatMap((page) => page.objects),
    folders: pages.flatMap((page) => page.folders),
    serverTime: pages[0]?.serverTime,
  };
}

export async function uploadAll(store: ObjectStore, key: string, chunks: Iterable<Uint8Array>) {
  const upload = await store.openUpload(key, signal);
  for (const chunk of chunks) await upload.write(chunk);
  return upload.commit();
}
