import type { CatalogReader, OpenBackup } from "#core/catalog/catalog.ts";
import type { ArchiveCheck } from "#core/catalog/check-archive.ts";
import { whyNotRead } from "#core/catalog/proof-limit.ts";
import { type BackupProof, damageIn, type StoredFolder, stateOf } from "#core/catalog/stored-folder.ts";
import { forEachLimited } from "#core/flow/for-each-limited.ts";
import { SharedRun } from "#core/flow/shared-run.ts";
import { withDeadline } from "#core/flow/with-deadline.ts";
import { type ClusterIds, relateClusters } from "#core/model/cluster-identity.ts";
import { describeError, isFailure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { ArchiveChecks } from "./archive-checks.ts";
import { BackupCandidates, type Candidate } from "./backup-candidates.ts";

/** Hears how long the asking of a location took, where it was answered. */
export interface IndexListener {
  readonly onLooked: (seconds: number) => void;
  readonly onRefreshed: (seconds: number) => void;
}

export interface IndexOptions {
  readonly cluster: ClusterIds;
  /** Milliseconds that only grow. */
  readonly monotonicMs: () => number;
  readonly listener?: IndexListener;
  /** Between two readings of the location. */
  readonly pause?: (ms: number) => Promise<void>;
}

export interface IndexedLocation {
  readonly url: string;
  readonly open: () => Promise<CatalogReader>;
}

/** What a look showed, and how long ago it was asked for. */
export interface Sight {
  readonly damage: string | undefined;
  readonly askedAtMs: number;
}

const READS_AT_ONCE = 16;
/** A location of many thousand backups is read in less. */
const REFRESH_MS = 120_000;
/** A reading that hangs must not hide for long what is new: a page of a listing takes no tenth of it. */
const STALL_MS = 10_000;
/** Whoever causes one reading after the other keeps the location and the guard at most half busy with them. */
const PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 5000;
/** No state that a store tells. */
const CHANGED = "";
/** Beyond it the API server's patience ends. */
const LOOK_MS = 2000;
/** As old as what an answer may rest on; whoever comes sooner shares it. */
const LOOK_LIVES_MS = 5000;

/**
 * What one location holds that may let namespaces go. `refresh` reads what is new there; `look` asks whether one backup
 * lies there now as it was written. Both are shared by all who wait for them.
 */
export class BackupIndex {
  readonly url: string;
  readonly #open: () => Promise<CatalogReader>;
  #catalog: CatalogReader | undefined;
  readonly #options: IndexOptions;
  readonly #candidates = new BackupCandidates();
  /** Backup → the states of commit and manifest in which it was read; CHANGED: it is no longer so. */
  readonly #known = new Map<string, string>();
  /** Backup → why it was not read. */
  readonly #tooLarge = new Map<string, string>();
  readonly #checks = new ArchiveChecks();
  #hasGap = false;
  readonly #refreshes: SharedRun<RunContext, void>;
  readonly #news: SharedRun<RunContext, void>;
  readonly #looks = new Map<string, { readonly askedAtMs: number; readonly sight: Promise<Sight> }>();
  #refreshedAtMs: number | undefined;

  /** Opened when it is first asked, and again where that failed: an outage at the start must not be the end. */
  constructor({ url, open }: IndexedLocation, options: IndexOptions) {
    this.url = url;
    this.#open = open;
    this.#options = options;
    const { pause } = options;
    const pauseAfter = (tookMs: number) => Math.min(Math.max(PAUSE_MS, tookMs), LONGEST_PAUSE_MS);
    this.#refreshes = new SharedRun(
      (context: RunContext) => inTime(context, (reading, moved) => this.#readFolders(reading, moved)),
      { pauseAfter, pause },
    );
    this.#news = new SharedRun(
      (context: RunContext) => inTime(context, (reading, moved) => this.#readUnknown(reading, moved)),
      { pauseAfter, pause },
    );
  }

  /** undefined before the first that succeeded. */
  get refreshedAtMs(): number | undefined {
    return this.#refreshedAtMs;
  }

  candidatesOf(namespace: string): readonly Candidate[] {
    return this.#candidates.of(namespace);
  }

  /** Of backups that may hold any namespace, but are too large to be looked into, each with why. */
  get unread(): readonly string[] {
    return [...this.#tooLarge.values()];
  }

  /**
   * One listing that begins after the call, and two reads for each backup that is new or has changed. Failure of the
   * location. Goes on when who began it no longer waits: others do.
   */
  refresh(context: RunContext): Promise<void> {
    return this.#refreshes.join(context);
  }

  /**
   * The same for what is not known yet, or was seen to have changed: one listing of the folders' names, and three
   * requests for each such backup. Of a location with thousands of them this is what a review has the time for.
   */
  readNews(context: RunContext): Promise<void> {
    return this.#refreshedAtMs === undefined ? this.refresh(context) : this.#news.join(context);
  }

  /** Failure of the location. */
  look(candidate: Candidate, context: RunContext): Promise<Sight> {
    const { name } = candidate.evidence;
    const askedAtMs = this.#options.monotonicMs();
    // A look vouches for the files of one state of a backup: of another under that name it says nothing.
    const key = [name, candidate.proof.commitEtag, candidate.proof.manifestEtag].join(" ");
    const isOld = (look: { readonly askedAtMs: number }) => askedAtMs - look.askedAtMs >= LOOK_LIVES_MS;
    const shared = this.#looks.get(key);
    if (shared !== undefined && !isOld(shared)) return shared.sight;
    const sight = this.#damageNow(candidate, context).then((damage) => {
      this.#options.listener?.onLooked(this.#secondsSince(askedAtMs));
      if (damage !== undefined && this.#known.has(name)) this.#known.set(name, CHANGED);
      return { damage, askedAtMs };
    });
    this.#looks.set(key, { askedAtMs, sight });
    // A look that failed is nobody's answer, and a look that is too old to be one only takes room.
    sight.catch(() => this.#looks.delete(key));
    for (const [other, look] of this.#looks) {
      if (isOld(look)) this.#looks.delete(other);
    }
    return sight;
  }

  /**
   * Reads archive and index whole, one backup after the other, of those that are a namespace's newest whole one and were
   * not read so in their present state. One that is damaged counts for nothing from then on. Failure of the location.
   */
  async checkArchives(pace: ArchiveCheck["pace"], context: RunContext): Promise<void> {
    const catalog = await this.#opened();
    let isOneMarked = true;
    while (isOneMarked) {
      isOneMarked = false;
      for (const candidate of this.#candidates.newestWhole()) {
        if (!this.#checks.isDue(candidate)) continue;
        const damage = await this.#checks.check(catalog, { candidate, pace }, context);
        if (damage === undefined) continue;
        this.#candidates.markDamaged(candidate, damage);
        // Older ones that were not kept may have to stand in for it.
        this.#hasGap = true;
        isOneMarked = true;
      }
    }
  }

  /** The store's clock. Failure of the location. */
  async serverTime(context: RunContext): Promise<Date> {
    return await (await this.#opened()).serverTime(context);
  }

  /** What is in it; whoever asks closes it. Failure backup-damaged, backup-not-found, or of the location. */
  async openBackup(name: string, context: RunContext): Promise<OpenBackup> {
    return await (await this.#opened()).open(name, context);
  }

  async #damageNow({ evidence, proof }: Candidate, context: RunContext): Promise<string | undefined> {
    const catalog = await this.#opened();
    const looking = { ...context, signal: AbortSignal.timeout(LOOK_MS) };
    const folder = await catalog.folder(evidence.name, looking);
    return folder === undefined ? "it is no longer there" : damageIn(folder, proof);
  }

  async #readFolders(context: RunContext, moved: () => void): Promise<void> {
    const askedAtMs = this.#options.monotonicMs();
    const catalog = await this.#opened();
    const unseen = new Set(this.#known.keys());
    // An older one that was not kept may have to stand in for what is gone: then all are read again.
    const isAnew = this.#hasGap;
    this.#hasGap = false;
    const work = { concurrency: READS_AT_ONCE, signal: context.signal };
    const folders = watched(catalog.folders(context), moved);
    try {
      await forEachLimited(this.#unread(folders, { unseen, isAnew }), work, async (folder, signal) => {
        await this.#read(catalog, folder, { ...context, signal });
        moved();
      });
    } catch (error) {
      this.#hasGap ||= isAnew;
      throw error;
    }
    for (const name of unseen) this.#forget(name);
    this.#checks.forget((name) => this.#known.has(name));
    this.#refreshedAtMs = this.#options.monotonicMs();
    this.#options.listener?.onRefreshed(this.#secondsSince(askedAtMs));
  }

  async #readUnknown(context: RunContext, moved: () => void): Promise<void> {
    const catalog = await this.#opened();
    const names = await catalog.folderNames(context);
    const unknown = names.filter((name) => (this.#known.get(name) ?? CHANGED) === CHANGED);
    const work = { concurrency: READS_AT_ONCE, signal: context.signal };
    await forEachLimited(unknown, work, async (name, signal) => {
      const folder = await catalog.folder(name, { ...context, signal });
      if (folder !== undefined) await this.#read(catalog, folder, { ...context, signal });
      moved();
    });
  }

  async *#unread(
    folders: AsyncIterable<StoredFolder>,
    { unseen, isAnew }: { readonly unseen: Set<string>; readonly isAnew: boolean },
  ): AsyncGenerator<StoredFolder> {
    for await (const folder of folders) {
      unseen.delete(folder.name);
      if (isAnew || this.#known.get(folder.name) !== stateOf(folder)) yield folder;
    }
  }

  async #read(catalog: CatalogReader, folder: StoredFolder, context: RunContext): Promise<void> {
    const proof = await this.#prove(catalog, folder, context);
    // What was known of it counts until now, so that no review comes upon nothing meanwhile.
    if (this.#known.get(folder.name) === stateOf(folder)) this.#candidates.drop(folder.name);
    else this.#forget(folder.name);
    if (proof !== undefined && relateClusters(proof.manifest.cluster, this.#options.cluster) !== "other") {
      this.#candidates.add(folder, proof, this.#checks.damageOf({ evidence: folder, proof }));
    }
    const whyUnread = whyNotRead(folder);
    if (whyUnread === undefined) this.#tooLarge.delete(folder.name);
    else this.#tooLarge.set(folder.name, whyUnread);
    this.#known.set(folder.name, stateOf(folder));
  }

  /** undefined: it proves nothing, and will not before it changes. Failure of the location, which is everybody's. */
  async #prove(
    catalog: CatalogReader,
    folder: StoredFolder,
    context: RunContext,
  ): Promise<BackupProof | undefined> {
    try {
      return await catalog.prove(folder, context);
    } catch (error) {
      if (!isNoProof(error)) throw error;
      context.onProgress({ type: "noted", message: describeError(error) });
      return undefined;
    }
  }

  async #opened(): Promise<CatalogReader> {
    this.#catalog ??= await this.#open();
    return this.#catalog;
  }

  #secondsSince(momentMs: number): number {
    return (this.#options.monotonicMs() - momentMs) / 1000;
  }

  #forget(name: string): void {
    const wasRead = this.#known.delete(name);
    this.#tooLarge.delete(name);
    const counted = this.#candidates.drop(name);
    if (wasRead && counted) this.#hasGap = true;
  }
}

/** Goes on when who began it no longer waits: others do. */
function inTime(
  context: RunContext,
  read: (reading: RunContext, moved: () => void) => Promise<void>,
): Promise<void> {
  const deadline = { signal: AbortSignal.timeout(REFRESH_MS), withinMs: STALL_MS };
  return withDeadline(deadline, (signal, moved) => read({ ...context, signal }, moved));
}

async function* watched<T>(items: AsyncIterable<T>, moved: () => void): AsyncGenerator<T> {
  for await (const item of items) {
    moved();
    yield item;
  }
}

function isNoProof(error: unknown): boolean {
  return (
    isFailure(error, "backup-damaged") ||
    isFailure(error, "backup-unsupported") ||
    isFailure(error, "backup-not-found")
  );
}
