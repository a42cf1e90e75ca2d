import type { NeededRight } from "#core/kube/check-rights.ts";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { NAMESPACES, PODS } from "#core/model/known-kinds.ts";
import type { PlannedHook } from "#core/restore/hooks/planned-hooks.ts";
import { canComeLate } from "#core/restore/order.ts";
import { isToCome, linkOwners, openOwnerBook } from "#core/restore/owners.ts";
import type { Prepared } from "#core/restore/prepare.ts";
import { VOLUMES } from "#core/restore/rebind-volumes.ts";
import { ruleFor } from "#core/restore/rules.ts";
import type { PreviewAsk, Verdict, Wished } from "./preview-kind.ts";

type Act = Pick<NeededRight, "verb" | "subresource"> & {
  /** Of what is done after the creation. */
  readonly step?: string | undefined;
};
type Place = { readonly kind: ItemKind; readonly namespace: string };
type Need = NeededRight & { readonly namespaces: Set<string>; readonly steps: Set<string> };

/** Every right that carrying the plan out will need: for each object's creation or change and for its later steps. */
export class NeededRights {
  readonly #prepared: Prepared;
  readonly #owners: Pick<Parameters<typeof isToCome>[0], "prepared" | "owners">;
  readonly #needs = new Map<string, Need>();

  constructor({ prepared, request }: Pick<PreviewAsk, "prepared" | "request">) {
    this.#prepared = prepared;
    const known = request.existing === "recreate" ? new Map() : prepared.liveOwners;
    this.#owners = { prepared, owners: openOwnerBook(prepared.ownerUids, known) };
    this.#addPlan();
  }

  add(verdict: Verdict, wished: Wished): void {
    const { target, later } = wished;
    for (const verb of verbsOf(verdict, wished)) this.#need({ verb }, target);
    if (verdict.action === "update") return;
    for (const { name, subresource } of later) {
      this.#need({ verb: "patch", subresource, step: name }, target);
      // The mark of what is outstanding is taken away by a patch of the object itself.
      if (subresource !== undefined) this.#need({ verb: "patch", step: name }, target);
    }
    if (this.#isLinkedLater(wished)) this.#need({ verb: "patch", step: "owners" }, target);
  }

  /** A WebSocket begins with a GET; servers from 1.35 on also ask whether it may create. */
  addHooks(hooks: readonly PlannedHook[]): void {
    for (const { hook, namespace, why } of hooks) {
      if (hook.type === "init" || why !== undefined) continue;
      for (const verb of ["create", "get"] as const)
        this.#need({ verb, subresource: "exec", step: "hooks" }, { kind: PODS, namespace });
    }
  }

  get all(): readonly NeededRight[] {
    return [...this.#needs.values()];
  }

  #addPlan(): void {
    const { bareNamespaces, facts, plan } = this.#prepared;
    const inCluster = (kind: ItemKind): Place => ({ kind, namespace: "" });
    if (bareNamespaces.length > 0) this.#need({ verb: "create" }, inCluster(NAMESPACES));
    if (facts.rules.claims.values().some(({ fate }) => fate === "rebind"))
      this.#need({ verb: "patch", step: "rebind" }, inCluster(VOLUMES));
    for (const removal of plan.removals)
      if (removal.action === "delete") this.#need({ verb: "delete" }, removal);
  }

  /** References that the creation itself cannot bring, since nobody knows yet which uid the owner will have. */
  #isLinkedLater({ item, original }: Wished): boolean {
    const { owners } = this.#owners;
    const { unknown } = linkOwners(original, owners, ruleFor(item).adopted ?? false);
    if (unknown.length === 0) return false;
    const title = `${groupResource(item)}/${item.namespace}/${item.name}`;
    const waits = canComeLate(item) && !this.#prepared.needs.has(title);
    return !waits || !item.ownerUids.every((uid) => isToCome(this.#owners, uid));
  }

  #need({ verb, subresource, step }: Act, { kind, namespace }: Place): void {
    const key = `${verb} ${groupResource(kind)}/${subresource ?? ""}`;
    const need = this.#needs.getOrInsertComputed(key, () => ({
      verb,
      kind,
      subresource,
      namespaces: new Set<string>(),
      steps: new Set<string>(),
    }));
    need.namespaces.add(namespace);
    if (step !== undefined) need.steps.add(step);
  }
}

function verbsOf({ action }: Verdict, { change }: Wished): readonly NeededRight["verb"][] {
  if (action === "recreate") return ["delete", "create"];
  if (change === undefined) return ["create"];
  return [change.how === "patch" ? "patch" : "update"];
}
