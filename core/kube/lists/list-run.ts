import type { ItemBatch, ListRequest, ListSummary } from "#core/kube/cluster.ts";
import { collectionPath, type Query, withQuery } from "#core/kube/resource-url.ts";
import type { ApiReply, ApiRequest, Transport } from "#core/kube/transport/transport.ts";
import type { ItemKind } from "#core/model/item.ts";
import { Delivery } from "./delivery.ts";

const METADATA_TYPE = { group: "meta.k8s.io", version: "v1", kind: "PartialObjectMetadata" } as const;

/** How a way of reading came to its end. */
export interface ListEnd {
  readonly method: ListSummary["method"];
  readonly resourceVersion: string;
  readonly meanwhile?: ListSummary["meanwhile"];
}

/** A way of reading a list: gives batches, and returns undefined when another way has to be taken. */
export type ListSteps<End> = AsyncGenerator<ItemBatch, End, void>;

/** What one list() keeps while it is read, in whatever ways that takes. */
export class ListRun {
  readonly request: ListRequest;
  readonly transport: Transport;
  readonly delivery = new Delivery();
  #requests = 0;
  #mixed = false;
  readonly #versions = new Set<string>();
  readonly #startMark: number;

  constructor(transport: Transport, request: ListRequest) {
    this.transport = transport;
    this.request = request;
    this.#startMark = transport.clock.mark();
  }

  send(accept: string, query: Query, rest: Pick<ApiRequest, "signal" | "isFinal">): Promise<ApiReply> {
    const { resource, namespace, labelSelector, fieldSelector } = this.request;
    return this.transport.send({
      method: "GET",
      path: withQuery(collectionPath(resource, namespace), { ...query, labelSelector, fieldSelector }),
      accept,
      repeatable: true,
      ...rest,
      onSend: () => {
        this.#requests++;
      },
    });
  }

  /** Items of this resourceVersion were given; undefined: it never became known of which. */
  noteVersion(resourceVersion: string | undefined): void {
    if (resourceVersion === undefined) this.#mixed = true;
    else this.#versions.add(resourceVersion);
  }

  /** The list begins again. What was given stays given, and so does the version it is of. */
  startOver(): void {
    if (!this.delivery.begun) this.#versions.clear();
    this.delivery.startOver();
  }

  summary({ method, resourceVersion, meanwhile }: ListEnd): ListSummary {
    const { clock } = this.transport;
    return {
      method,
      resourceVersion,
      consistent: !this.#mixed && this.#versions.size <= 1 && !this.delivery.changedBehind,
      count: this.delivery.count,
      startedAt: clock.at(this.#startMark).toISOString(),
      finishedAt: clock.now().toISOString(),
      requests: this.#requests,
      meanwhile,
    };
  }

  /** What the items are when they do not say so themselves. */
  get itemType(): Pick<ItemKind, "group" | "version" | "kind"> {
    return this.request.metadataOnly ? METADATA_TYPE : this.request.resource;
  }

  /** "listing secrets in shop": for messages. */
  get title(): string {
    const { resource, namespace } = this.request;
    const kind = resource.group === "" ? resource.resource : `${resource.resource}.${resource.group}`;
    return namespace ? `listing ${kind} in ${namespace}` : `listing ${kind}`;
  }
}
