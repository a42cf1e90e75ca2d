import type { ItemKind } from "#core/model/item.ts";

/**
 * The small interface that the verbs see of a cluster. Everything is raw bytes: objects are never typed models.
 *
 * Reads throw Failure (cluster-forbidden, cluster-unreachable, cluster-error, kind-unknown, …; `reply` holds the
 * status); writes return what the server said, since trouble with one item is data. 429, 503, 504 and resets have been
 * retried before anything surfaces here; a POST only when the server said Retry-After or the request never left.
 */
export interface ApiResource extends ItemKind {
  readonly singular: string;
  readonly shortNames: readonly string[];
  readonly categories: readonly string[];
  readonly verbs: readonly string[];
  readonly hasStatus: boolean;
}

export interface DownApi {
  readonly group: string;
  readonly version: string;
  readonly message: string;
  /** Resources known from a stale cache, if the server showed any. */
  readonly resources: readonly ApiResource[];
}

export interface Discovery {
  /**
   * Every resource in every served version, in the server's order of preference: the first entry of a group/resource
   * is the one to read first; later ones are the fallback (one dead conversion webhook fails a whole version).
   */
  readonly resources: readonly ApiResource[];
  readonly down: readonly DownApi[];
}

export interface ListRequest {
  readonly resource: ItemKind;
  /** Absent: all namespaces, or cluster-scoped. */
  readonly namespace?: string | undefined;
  readonly labelSelector?: string | undefined;
  readonly fieldSelector?: string | undefined;
  /** Given: read in pages of this size; absent: in pages too, but long lists as streams. */
  readonly pageSize?: number | undefined;
  /** metadata.k8s.io PartialObjectMetadataList instead of whole objects. */
  readonly metadataOnly?: boolean | undefined;
  /** Where the kind is streamed, go on watching to count changes; the caller closes `summary.meanwhile`. */
  readonly keepWatching?: boolean | undefined;
  readonly signal: AbortSignal;
}

export interface ListSummary {
  readonly method: "watch-list" | "pages";
  readonly resourceVersion: string;
  readonly consistent: boolean;
  readonly count: number;
  /** RFC 3339, by the server's clock. */
  readonly startedAt: string;
  readonly finishedAt: string;
  /** LIST or watch requests that were sent, retries included. */
  readonly requests: number;
  /** Present when keepWatching was asked and the kind was streamed: ends the watch, tells the changes seen. */
  readonly meanwhile?: { close(): number } | undefined;
}

/** Whole objects with apiVersion and kind, each a slice of what the server sent. Valid until the next step. */
export type ItemBatch = readonly Uint8Array[];

export interface ObjectRef {
  readonly resource: ItemKind;
  readonly namespace: string;
  readonly name: string;
}

export type WriteReply =
  | {
      readonly ok: true;
      readonly status: number;
      readonly body: Uint8Array;
      readonly warnings: readonly string[];
    }
  | {
      readonly ok: false;
      readonly status: number;
      readonly reason: string;
      readonly message: string;
      /** status.details.causes[].reason, e.g. NamespaceTerminating. */
      readonly causes: readonly string[];
      readonly retryAfterSeconds?: number | undefined;
      readonly warnings: readonly string[];
    };

export interface WriteOptions {
  readonly dryRun?: boolean | undefined;
  readonly fieldValidation?: "Strict" | "Warn" | undefined;
  readonly subresource?: "status" | "scale" | undefined;
  readonly signal: AbortSignal;
}

export type PatchType = "merge" | "json" | "apply";

export interface DeleteOptions {
  readonly uid: string;
  /** Only in that very state. */
  readonly resourceVersion?: string | undefined;
  readonly propagationPolicy: "Foreground" | "Background" | "Orphan";
  /** Asks the server, admission included, and changes nothing. */
  readonly dryRun?: boolean | undefined;
  readonly signal: AbortSignal;
}

export interface WatchEvent {
  readonly type: "ADDED" | "MODIFIED" | "DELETED" | "BOOKMARK";
  readonly object: Uint8Array;
}

export interface ExecRequest {
  readonly namespace: string;
  readonly pod: string;
  readonly container: string;
  /** Program and arguments; no shell. */
  readonly command: readonly string[];
  /** Stops waiting for the command. Nothing stops the command itself. */
  readonly signal: AbortSignal;
}

export type ExecEnd =
  | { readonly type: "exited"; readonly code: number }
  /** In the words of the container's runtime. */
  | { readonly type: "not-run"; readonly message: string };

export interface ClusterInfo {
  readonly contextName: string;
  readonly clusterName: string;
  readonly server: string;
  /** Default namespace of the context. */
  readonly namespace: string;
  readonly caSha256: string | undefined;
}

export interface ServerVersion {
  readonly gitVersion: string;
  readonly major: string;
  readonly minor: string;
}

export interface Cluster {
  readonly info: ClusterInfo;
  version(signal: AbortSignal): Promise<ServerVersion>;
  /** User name by SelfSubjectReview; undefined where the server has none. */
  whoAmI(signal: AbortSignal): Promise<string | undefined>;
  /** One cheap request; its Date header. */
  serverTime(signal: AbortSignal): Promise<Date>;
  discover(signal: AbortSignal): Promise<Discovery>;
  /** Batches as they arrive; the generator's return value is the summary. Breaking off closes the request. */
  list(request: ListRequest): AsyncGenerator<ItemBatch, ListSummary, void>;
  get(ref: ObjectRef, signal: AbortSignal): Promise<Uint8Array | undefined>;
  create(ref: ObjectRef, body: Uint8Array, options: WriteOptions): Promise<WriteReply>;
  replace(ref: ObjectRef, body: Uint8Array, options: WriteOptions): Promise<WriteReply>;
  patch(
    ref: ObjectRef,
    patch: { type: PatchType; body: Uint8Array },
    options: WriteOptions,
  ): Promise<WriteReply>;
  remove(ref: ObjectRef, options: DeleteOptions): Promise<WriteReply>;
  /**
   * Runs a command in a container. Throws Failure where the server refuses, and where the connection was lost before
   * it said how the command ended: that is never a success.
   */
  exec(request: ExecRequest): Promise<ExecEnd>;
  /** From a resourceVersion on; throws Failure with reply.status 410 when that is gone. */
  watch(
    request: Pick<ListRequest, "resource" | "namespace" | "fieldSelector" | "signal"> & {
      resourceVersion: string;
    },
  ): AsyncIterable<WatchEvent>;
  close(): void;
}
