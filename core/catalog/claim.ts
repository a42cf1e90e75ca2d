import { randomBytes } from "node:crypto";
import { encodeClaim } from "#core/format/claim.ts";
import { backupFolder, claimKey, restoreFolder } from "#core/format/layout.ts";
import { describeError, Failure, type FailureCode, isFailure } from "#core/model/errors.ts";
import type { OnProgress } from "#core/model/progress.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";
import { viewWithoutRivals } from "./claim-rivals.ts";
import { type Clock, elapsedMs, type Moment, readClock } from "./clock.ts";
import type { FolderView, RunClaims } from "./folder-view.ts";
import type { ProcessIdentity, ProcessTable } from "./process-identity.ts";

/** A claim lives 5 minutes after its last renewal by the store's clock; its holder stops a minute before that. */
const FRESH_MS = 4 * 60_000;
const RENEW_MS = 2 * 60_000;
const RENEW_AGAIN_MS = 15_000;
/** How long the smallest run id looks whether the others have withdrawn. */
const PATIENCE_MS = 10_000;
const LOOK_AGAIN_MS = 500;
/** What cleaning up may take after an interrupt. */
const CLEANUP_MS = 60_000;

/** After these there is nothing to remove; after all others an object may have come to be. */
const NOTHING_WRITTEN: ReadonlySet<FailureCode> = new Set([
  "location-read-only",
  "location-forbidden",
  "location-missing",
  "location-full",
]);

const LOST_HINTS = {
  backup: "nothing was committed: run the command again",
  restore:
    "another run may have taken it over: kubectl backup restores tells; else the same command goes on with it",
} as const;

export interface ClaimEnvironment {
  readonly store: ObjectStore;
  readonly processes: ProcessTable;
  readonly clock: Clock;
}

export interface TakenName {
  readonly claim: NameClaim;
  /** The folder as it was when no other run was at work on it. */
  readonly view: FolderView;
}

export interface ClaimedName {
  readonly what: "backup" | "restore";
  readonly name: string;
}

/**
 * The right to write under a backup's or restore's name, told to others by objects in its folder. It holds on stores that know no
 * conditional writes: a run goes on only after a listing, made after its claim was written, that shows no other live
 * claim. Of two runs at least one therefore sees the other, and of two that see each other the larger run id withdraws.
 */
export class NameClaim {
  readonly runId = randomBytes(8).toString("hex");
  readonly name: string;
  /** Ends in `/`. */
  readonly folder: string;
  readonly #what: ClaimedName["what"];
  readonly #environment: ClaimEnvironment;
  readonly #holder: ProcessIdentity;
  readonly #onProgress: OnProgress;
  readonly #stop = new AbortController();
  readonly #keys: string[] = [];
  #renewedAt: Moment;
  #renewalTrouble: unknown;
  #renewing: Promise<void> = Promise.resolve();

  private constructor(
    { what, name }: ClaimedName,
    environment: ClaimEnvironment,
    run: { readonly holder: ProcessIdentity; readonly onProgress: OnProgress },
  ) {
    this.name = name;
    this.#what = what;
    this.folder = what === "backup" ? backupFolder(name) : restoreFolder(name);
    this.#environment = environment;
    this.#holder = run.holder;
    this.#onProgress = run.onProgress;
    this.#renewedAt = readClock(environment.clock);
  }

  /**
   * Claims the name and tells what lies there. Failure name-taken when another run is at work on it. Nothing is left
   * behind when this throws.
   */
  static async take(
    name: ClaimedName,
    environment: ClaimEnvironment,
    context: RunContext,
  ): Promise<TakenName> {
    const holder = await environment.processes.self();
    const claim = new NameClaim(name, environment, { holder, onProgress: context.onProgress });
    try {
      await claim.#write(context.signal);
      const view = await claim.#viewAlone(context.signal);
      claim.#renewing = claim.#keepRenewing();
      return { claim, view };
    } catch (error) {
      await claim.release();
      throw error;
    }
  }

  /** To be called before each write, to a cluster in the claim's name too: throws when others may take the claim for dead. */
  assertFresh(): void {
    if (this.isFresh) return;
    const why = this.#renewalTrouble;
    throw new Failure(
      isFailure(why) ? why.code : "name-taken",
      `the claim on "${this.name}" was not renewed for 4 minutes${why === undefined ? " (did this machine sleep?)" : `: ${describeError(why)}`}`,
      { hint: LOST_HINTS[this.#what], cause: why },
    );
  }

  get isFresh(): boolean {
    return elapsedMs(this.#environment.clock, this.#renewedAt) <= FRESH_MS;
  }

  /** Ends renewing and removes the claims. What cannot be removed is told: it dies of age. */
  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    if (this.#keys.length === 0) return;
    const signal = AbortSignal.timeout(CLEANUP_MS);
    try {
      await this.#environment.store.remove(this.#keys, signal);
    } catch (error) {
      const message = `the claim on "${this.name}" could not be removed (${describeError(error)}); it ends by itself`;
      this.#onProgress({ type: "warned", message });
    }
  }

  async #write(signal: AbortSignal): Promise<void> {
    // Counted from before the request: the store stamps the claim later, so others see it live for longer than we do.
    const startedAt = readClock(this.#environment.clock);
    const key = claimKey(this.folder, this.runId, this.#keys.length + 1);
    this.#keys.push(key);
    const body = encodeClaim({ runId: this.runId, ...this.#holder });
    await this.#environment.store.put(key, body, signal).catch((error: unknown) => {
      if (isFailure(error) && NOTHING_WRITTEN.has(error.code)) this.#keys.pop();
      throw error;
    });
    this.#renewedAt = startedAt;
    this.#renewalTrouble = undefined;
  }

  async #viewAlone(signal: AbortSignal): Promise<FolderView> {
    const { clock, store, processes } = this.#environment;
    const startedAt = readClock(clock);
    for (;;) {
      const question = { ownRunId: this.runId, store, processes, signal };
      const { view, rivals } = await viewWithoutRivals(this.folder, question);
      const isListed = view.claims.some(({ runId }) => runId === this.runId);
      if (isListed && rivals.length === 0) return view;
      const isSmallest = rivals.every(({ runId }) => this.runId < runId);
      if (!isSmallest || elapsedMs(clock, startedAt) >= PATIENCE_MS) throw this.#refusal(rivals);
      await clock.sleep(LOOK_AGAIN_MS, signal);
    }
  }

  #refusal(rivals: readonly RunClaims[]): Failure {
    if (rivals.length > 0) {
      return new Failure("name-taken", `another run is at work on the ${this.#what} "${this.name}"`, {
        hint: "choose another name; if that run was killed elsewhere, its claim ends after 5 minutes",
      });
    }
    return new Failure(
      "location-error",
      `${this.#environment.store.url} does not list what was just written to it`,
    );
  }

  async #keepRenewing(): Promise<void> {
    const { signal } = this.#stop;
    for (let pauseMs = RENEW_MS; !signal.aborted; ) {
      await this.#environment.clock.sleepUnheld(pauseMs, signal).catch(() => undefined);
      // Too late: another run may hold the name by now, and a claim that came back would stand beside its.
      if (signal.aborted || !this.isFresh) return;
      pauseMs = await this.#renew(signal);
    }
  }

  /** The pause until the next renewal. Trouble is kept until the claim is too old; then it is the reason to stop. */
  async #renew(signal: AbortSignal): Promise<number> {
    try {
      await this.#write(signal);
      return RENEW_MS;
    } catch (error) {
      this.#renewalTrouble = error;
      return RENEW_AGAIN_MS;
    }
  }
}
