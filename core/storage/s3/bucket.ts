import { retrying } from "#core/flow/retry.ts";
import { Failure } from "#core/model/errors.ts";
import type { S3Client } from "./aws-sdk.ts";
import { createClient, type Patience, type S3Location } from "./client.ts";
import { Dialect } from "./dialect.ts";
import { storeFailure } from "./errors.ts";

/** Six tries wait 3 to 6 s in all: a restarting store is waited for, a wrong address is told soon enough. */
const ATTEMPTS = 6;
/** Longer than a store takes that is well; a body that needs longer to be sent is cut off and comes to nothing. */
const SETTLE_MS = 5000;

export interface CallOptions {
  readonly abortSignal: AbortSignal;
}

/** One bucket and how to speak to it: every request of this folder goes through `request`. */
export class Bucket {
  readonly client: S3Client;
  readonly location: S3Location;
  readonly url: string;
  readonly dialect: Dialect;
  readonly retryMs: number;

  constructor(location: S3Location, patience: Patience) {
    this.client = createClient(location, patience);
    this.location = location;
    this.url = location.url;
    this.dialect = new Dialect(location);
    this.retryMs = patience.retryMs;
  }

  /** Bucket and key as a command wants them. */
  at(key: string): { readonly Bucket: string; readonly Key: string } {
    return { Bucket: this.location.bucket, Key: this.prefix + key };
  }

  get prefix(): string {
    return this.location.prefix === "" ? "" : `${this.location.prefix}/`;
  }

  /** What every new object carries: encryption and retention. */
  get newObject() {
    const { sse, kmsKeyId, objectLock } = this.location;
    return {
      // The SDK's type lists the values it knows; a store may know more, and refuses what it does not.
      ...(sse !== undefined && { ServerSideEncryption: sse as "AES256" | "aws:kms" }),
      ...(kmsKeyId !== undefined && { SSEKMSKeyId: kmsKeyId }),
      ...(objectLock !== undefined && {
        ObjectLockMode: objectLock.mode,
        ObjectLockRetainUntilDate: new Date(Date.now() + objectLock.days * 86_400_000),
      }),
    };
  }

  /** Makes the call until it succeeds or fails for good; it is built anew each time, in the dialect known by then. */
  request<T>(signal: AbortSignal, call: (options: CallOptions) => Promise<T>): Promise<T> {
    let lessons = 0;
    const attempt = () => {
      lessons = this.dialect.lessons;
      return this.once(signal, call);
    };
    return retrying(attempt, {
      signal,
      attempts: ATTEMPTS,
      baseDelayMs: this.retryMs,
      isRetryable: (error) =>
        (error instanceof Failure && error.retryable) || this.dialect.learn(error, lessons),
    });
  }

  /**
   * The same for a request that makes something. Giving it up does not stop the server, which may carry it out after the
   * tidying up that follows: so when the signal fires there is no further try, but the one under way may still end.
   */
  async make<T>(signal: AbortSignal, call: (options: CallOptions) => Promise<T>): Promise<T> {
    const late = new AbortController();
    let timer: NodeJS.Timeout | undefined;
    const setTimer = () => {
      timer = setTimeout(() => late.abort(signal.reason), SETTLE_MS);
    };
    signal.addEventListener("abort", setTimer, { once: true });
    try {
      return await this.request(signal, () => call({ abortSignal: late.signal }));
    } finally {
      signal.removeEventListener("abort", setTimer);
      clearTimeout(timer);
    }
  }

  async once<T>(signal: AbortSignal, call: (options: CallOptions) => Promise<T>): Promise<T> {
    signal.throwIfAborted();
    try {
      return await call({ abortSignal: signal });
    } catch (error) {
      signal.throwIfAborted();
      throw storeFailure(error, this.location);
    }
  }
}
