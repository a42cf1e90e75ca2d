import type { RestoreWriter, StoredItem } from "#core/catalog/catalog.ts";
import type { AdaptiveLimit } from "#core/flow/adaptive-limit.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import type { OnProgress } from "#core/model/progress.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { BeforeImages } from "./before-images.ts";
import type { FinishBook } from "./finish-book.ts";
import type { EarlierHooks } from "./hooks/earlier-hooks.ts";
import type { HookBook } from "./hooks/hook-book.ts";
import type { Journal } from "./journal.ts";
import type { MentionBook } from "./mapping/old-mentions.ts";
import type { ReachBook } from "./outside/reaches.ts";
import type { OwnerBook } from "./owners.ts";
import type { Prepared } from "./prepare.ts";
import type { Results } from "./results.ts";

/** What the steps of one running restore share. */
export interface RestoreRun {
  readonly id: string;
  /** Where its files go; undefined: nothing takes them. */
  readonly record: RestoreWriter | undefined;
  readonly journal: Journal;
  /** Takes each object before it is changed. */
  readonly before: BeforeImages;
  /** An earlier run of this restore broke off: what carries its mark is its work. */
  readonly isResumed: boolean;
  readonly cluster: Cluster;
  /** Some write was sent to the cluster. */
  readonly hasWritten: () => boolean;
  readonly request: RestoreRequest;
  readonly prepared: Prepared;
  readonly owners: OwnerBook;
  readonly results: Results;
  readonly finish: FinishBook;
  /** What was written, or withheld, that reaches outside the cluster. */
  readonly reaches: ReachBook;
  /** What was written that still speaks of a namespace by its old name. */
  readonly mentions: MentionBook;
  /** Hooks of what was created. */
  readonly hooks: HookBook;
  /** What runs of this restore that broke off have begun; read at the first call. */
  readonly earlierHooks: () => Promise<EarlierHooks>;
  readonly limit: AdaptiveLimit;
  /** Created after their owners, to carry the owners' new uids from the start. */
  readonly late: StoredItem[];
  /** That were to return with their data, and failed. */
  readonly lostClaims: StoredItem[];
  /** Target namespaces in which nothing can be created, and why. */
  readonly blockedNamespaces: Map<string, string>;
  /** Value of the restored-from annotation. */
  readonly mark: string;
  /** Monotonic milliseconds until which a custom resource's path may still be missing. */
  readonly definitionsReadyBy: { at: number };
  /** Fires when the run is interrupted, and when it is stopped. */
  readonly signal: AbortSignal;
  /** Ends everything that is under way; the first error is what the run ends with. */
  readonly stop: (error: unknown) => void;
  readonly now: () => Date;
  readonly onProgress: OnProgress;
}
