import { itemTitle } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import { type Hooked, hooksOf, hookTitle, type PlannedHook } from "./planned-hooks.ts";

/** What became of a hook, in one pod or in none. */
export interface HookEnd {
  readonly hook: "init" | "exec";
  /** The pod, or what makes its pods; in the target. */
  readonly group: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
  readonly pod?: string | undefined;
  readonly container: string;
  readonly result: "ran" | "failed" | "not-run";
  /** Of a command: never what it has written, which may be secret. */
  readonly message?: string | undefined;
  /** It did not run, and nothing is lost by that. */
  readonly isIdle?: boolean | undefined;
}

/** One whose pods are in the cluster, or will be. */
export interface DueHook extends PlannedHook {
  /** Of the pod, or of what makes its pods. */
  readonly uid: string;
}

type Ended = Pick<HookEnd, "pod" | "result" | "message" | "isIdle">;

/** The hooks of what a restore creates, and what became of them. */
export class HookBook {
  readonly ends: HookEnd[] = [];
  readonly #request: Pick<RestoreRequest, "hooks" | "undo">;
  /** Those that have not ended in all of their pods. */
  readonly open = new Set<DueHook>();
  #due: DueHook[] = [];
  #stoppedBy: string | undefined;

  constructor(request: Pick<RestoreRequest, "hooks" | "undo">) {
    this.#request = request;
  }

  /** Of an object that has been created. An undo runs none: what it puts back was no backup's. */
  note(created: Hooked & { readonly uid: string }): readonly string[] {
    if (this.#request.undo !== undefined) return [];
    const planned = hooksOf(created, this.#request);
    for (const one of planned) {
      if (one.why === undefined) this.#open({ ...one, uid: created.uid });
      else this.end(one, { result: "not-run", message: one.why, isIdle: one.isIdle });
    }
    return planned.flatMap(({ hook }) => hook.remarks);
  }

  #open(due: DueHook): void {
    this.#due.push(due);
    this.open.add(due);
  }

  /** Those that have been noted since this was asked last. */
  takeDue(): readonly DueHook[] {
    const due = this.#due;
    this.#due = [];
    return due;
  }

  end(planned: PlannedHook, { pod, result, message, isIdle }: Ended): void {
    const { kind, namespace, name, hook } = planned;
    const place = { group: kind.group, resource: kind.resource, namespace, name, pod };
    this.ends.push({ hook: hook.type, ...place, container: hook.container, result, message, isIdle });
    if (result !== "ran" && isIdle !== true && hook.type === "exec" && hook.onError === "Fail")
      this.#stoppedBy ??= hookTitle(planned);
  }

  /** The hook that failed and said that no other is to begin then. */
  get stoppedBy(): string | undefined {
    return this.#stoppedBy;
  }

  /** Those that keep a restore from being complete. */
  get losses(): number {
    return this.ends.filter(isLoss).length + this.open.size;
  }
}

export function isLoss({ result, isIdle }: Pick<HookEnd, "result" | "isIdle">): boolean {
  return result !== "ran" && isIdle !== true;
}

const RESULTS: Readonly<Record<HookEnd["result"], string>> = {
  ran: "ran",
  failed: "failed",
  "not-run": "did not run",
};

/** `hook of deployments.apps shop/db (pod db-1, container pg) failed: exit code 1` */
export function hookText(end: HookEnd): string {
  const { hook, resource, name, pod, container, message } = end;
  const places = [
    ...(pod === undefined || (resource === "pods" && pod === name) ? [] : [`pod ${pod}`]),
    ...(container === "" ? [] : [`${hook === "init" ? "init container" : "container"} ${container}`]),
  ];
  const where = places.length === 0 ? "" : ` (${places.join(", ")})`;
  const why = message === undefined ? "" : `: ${message}`;
  return `hook of ${itemTitle(end, end)}${where} ${RESULTS[end.result]}${why}`;
}
