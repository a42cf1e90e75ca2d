import { isDeepStrictEqual } from "node:util";

/** What proves who we are: a header, a client certificate, or both. */
export interface Credential {
  readonly authorization?: string | undefined;
  readonly cert?: string | undefined;
  readonly key?: string | undefined;
}

export interface CredentialSource {
  /** The same object as long as nothing changed. */
  current(signal: AbortSignal): Promise<Credential>;
  /** True when there is now another credential than the rejected one. */
  renew(rejected: Credential, signal: AbortSignal): Promise<boolean>;
}

export interface FreshCredential {
  readonly credential: Credential;
  /** Milliseconds since 1970 from which on it is fetched anew; absent: it holds until it is rejected. */
  readonly staleAt?: number | undefined;
}

export interface FetchRequest {
  /** What the server refused, when this is why a new one is fetched. */
  readonly rejected: Credential | undefined;
  readonly signal: AbortSignal;
}

export type FetchCredential = (request: FetchRequest) => Promise<FreshCredential>;

export function fixedCredential(credential: Credential): CredentialSource {
  return { current: async () => credential, renew: async () => false };
}

/** Keeps what was fetched until it is stale or rejected. Many who ask at once wait for one fetch. */
export function renewingCredential(fetch: FetchCredential, now: () => number): CredentialSource {
  let held: FreshCredential | undefined;
  let running: SharedWork<Credential> | undefined;
  const refetch = async (signal: AbortSignal, rejected?: Credential): Promise<Credential> => {
    running ??= shareWork(async (shared) => {
      const fresh = await fetch({ rejected, signal: shared });
      const same = isDeepStrictEqual(held?.credential, fresh.credential);
      held = { ...fresh, credential: same && held ? held.credential : fresh.credential };
      return held.credential;
    });
    const mine = running;
    try {
      return await mine.join(signal);
    } finally {
      if (running === mine && mine.isOver()) running = undefined;
    }
  };
  return {
    async current(signal) {
      if (held !== undefined && now() < (held.staleAt ?? Number.POSITIVE_INFINITY)) return held.credential;
      return await refetch(signal);
    },
    async renew(rejected, signal) {
      if (held !== undefined && held.credential !== rejected) return true;
      return (await refetch(signal, rejected)) !== rejected;
    },
  };
}

interface SharedWork<T> {
  join(signal: AbortSignal): Promise<T>;
  /** It has ended, or nobody waits for it any more. */
  isOver(): boolean;
}

/** One piece of work for all who join: it is aborted only when the last of them has gone. */
function shareWork<T>(work: (signal: AbortSignal) => Promise<T>): SharedWork<T> {
  const stop = new AbortController();
  let waiting = 0;
  let ended = false;
  const result = work(stop.signal).finally(() => {
    ended = true;
  });
  // When everybody left, nobody hears of a late failure.
  result.catch(() => undefined);
  return {
    isOver: () => ended || stop.signal.aborted,
    async join(signal) {
      waiting += 1;
      try {
        return await orAborted(result, signal);
      } finally {
        waiting -= 1;
        if (waiting === 0 && !ended) stop.abort(signal.reason);
      }
    },
  };
}

async function orAborted<T>(result: Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const aborted = Promise.withResolvers<never>();
  const leave = (): void => aborted.reject(signal.reason);
  signal.addEventListener("abort", leave, { once: true });
  try {
    return await Promise.race([result, aborted.promise]);
  } finally {
    signal.removeEventListener("abort", leave);
  }
}
