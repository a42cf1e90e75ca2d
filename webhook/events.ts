import { hash } from "node:crypto";
import { hostname } from "node:os";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import type { ItemKind } from "#core/model/item.ts";
import { NAMESPACES } from "#core/model/known-kinds.ts";
import { protectionOf } from "#core/protection/protection-of.ts";
import type { ProtectionSettings } from "#core/protection/settings.ts";
import { type DecisionEvent, eventOf } from "./decision-event.ts";
import { EventQuota } from "./event-quota.ts";
import { marksOf, readNamespace } from "./namespace-object.ts";
import type { Answer, Review } from "./review.ts";

const EVENTS: ItemKind = {
  group: "events.k8s.io",
  version: "v1",
  resource: "events",
  kind: "Event",
  namespaced: true,
};
/** Where events about what lies in no namespace have to lie; they outlive the namespace that they are about. */
const EVENTS_NAMESPACE = "default";
/** Its own, not the process's: what was answered last is told while the guard ends. */
const WRITE_MS = 5000;
/** As long as the API server takes. */
const LONGEST_INSTANCE = 128;

export interface EventFacts {
  readonly cluster: Pick<Cluster, "get" | "create">;
  readonly settings: ProtectionSettings;
  readonly now: (signal: AbortSignal) => Promise<Date>;
  readonly monotonicMs: () => number;
  readonly onTrouble: (error: unknown) => void;
}

/** What a live namespace is called and identified by. */
interface Subject {
  readonly name: string;
  readonly uid: string;
}

/** Tells of decisions about protected namespaces in Events: behind the answer, and without any effect on it. */
export class DecisionEvents {
  readonly #facts: EventFacts;
  readonly #quota: EventQuota;
  readonly #writing = new Set<Promise<void>>();

  constructor(facts: EventFacts) {
    this.#facts = facts;
    this.#quota = new EventQuota(facts.monotonicMs);
  }

  /** To be called once the answer was sent. Does not wait. */
  tell(review: Review, answer: Answer): void {
    const event = eventOf(review, answer);
    if (event === undefined || review.before === undefined) return;
    const { name, uid } = review.before;
    // A refusal must not hide that the same namespace was let go some seconds later.
    if (!this.#quota.take(`${uid} ${answer.allowed}`)) return;
    const writing = this.#write({ name, uid }, event)
      .catch(this.#facts.onTrouble)
      .finally(() => this.#writing.delete(writing));
    this.#writing.add(writing);
  }

  /** All that was told is written, or has failed. */
  async settled(): Promise<void> {
    await Promise.all(this.#writing);
  }

  async #write(subject: Subject, event: DecisionEvent): Promise<void> {
    const signal = AbortSignal.timeout(WRITE_MS);
    if (!(await this.#isLive(subject, signal))) return;
    const body = eventBody(subject, event, await this.#facts.now(signal));
    const ref = { resource: EVENTS, namespace: EVENTS_NAMESPACE, name: "" };
    const reply = await this.#facts.cluster.create(ref, body, { signal });
    // Another replica has told it in this minute.
    if (!reply.ok && reply.status !== 409)
      throw new Failure("cluster-error", `no Event about namespace ${subject.name}: ${reply.message}`);
  }

  /** A review proves nothing by itself: anybody may send one. */
  async #isLive({ name, uid }: Subject, signal: AbortSignal): Promise<boolean> {
    const body = await this.#facts.cluster.get({ resource: NAMESPACES, namespace: "", name }, signal);
    if (body === undefined) return false;
    const live = marksOf(readNamespace(body));
    return live.uid === uid && protectionOf(live, this.#facts.settings).isProtected;
  }
}

function eventBody(subject: Subject, event: DecisionEvent, now: Date): Uint8Array {
  const { name, uid } = subject;
  const object = {
    apiVersion: "events.k8s.io/v1",
    kind: EVENTS.kind,
    metadata: { name: eventName(subject, event, now), namespace: EVENTS_NAMESPACE },
    // A MicroTime has six digits, or is refused.
    eventTime: now.toISOString().replace("Z", "000Z"),
    reportingController: GUARD.webhook,
    reportingInstance: hostname().slice(0, LONGEST_INSTANCE),
    action: "Delete",
    regarding: { apiVersion: "v1", kind: NAMESPACES.kind, name, uid },
    ...event,
  };
  return Buffer.from(JSON.stringify(object));
}

/** The same for all replicas within a minute, so that one of them tells it. */
function eventName({ name, uid }: Subject, { reason }: DecisionEvent, now: Date): string {
  const minute = Math.floor(now.getTime() / 60_000);
  return `${name}.${hash("sha256", `${uid} ${reason} ${minute}`).slice(0, 16)}`;
}
