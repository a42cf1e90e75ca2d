import type { Limit } from "#core/flow/limit.ts";
import { describeError } from "#core/model/errors.ts";
import { textAt } from "#core/objects/edit-object.ts";
import { type ExactObject, isExactObject, parseExactBytes } from "#core/objects/exact-json.ts";
import type { RestoreRun } from "#core/restore/restore-run.ts";
import type { EarlierHook, EarlierHooks } from "./earlier-hooks.ts";
import type { ExecHook } from "./exec-hook.ts";
import type { DueHook, HookEnd } from "./hook-book.ts";
import { createdAt, type HookOwner, type HookPods, uidOf } from "./hook-pods.ts";
import { expectedPods } from "./planned-hooks.ts";
import type { PodBoard } from "./pod-board.ts";
import { hookState } from "./pod-state.ts";
import { runCommand } from "./run-command.ts";

/** What the hooks of one namespace share. */
export interface HookScene {
  readonly board: PodBoard;
  readonly pods: HookPods;
  readonly earlier: EarlierHooks;
  /** How many commands run at once. */
  readonly limit: Limit;
  /** Where the hook itself does not say how long its container may take. */
  readonly timeoutSeconds: number;
  readonly onEnd: () => void;
}

/** How often time-outs are looked at where nothing changes. */
const LOOK_MS = 500;

/** Runs one hook in every pod that it is for, as each comes up; never throws but for an interruption. */
export async function serveHook(run: RestoreRun, due: DueHook, scene: HookScene): Promise<void> {
  const service = new HookService(run, due, scene);
  try {
    await service.serve();
  } catch (error) {
    run.signal.throwIfAborted();
    service.giveUp(describeError(error));
  }
  run.hooks.open.delete(due);
}

interface FoundOwner {
  readonly owner: HookOwner;
  readonly object: ExactObject;
}

class HookService {
  readonly #run: RestoreRun;
  readonly #due: DueHook;
  readonly #scene: HookScene;
  /** When each pod that waits for its container was first seen; monotonic milliseconds. */
  readonly #waitingSince = new Map<string, number>();
  /** Uids and names of pods whose turn it was. */
  readonly #served = new Set<string>();
  readonly #tasks = new Set<Promise<void>>();
  #ended = 0;
  #owner: FoundOwner | undefined;
  #expected: number | undefined;
  #movedAt = performance.now();

  constructor(run: RestoreRun, due: DueHook, scene: HookScene) {
    this.#run = run;
    this.#due = due;
    this.#scene = scene;
  }

  async serve(): Promise<void> {
    try {
      if (this.#due.hook.type === "init" || this.#takeUpEarlier()) await this.#serveAll();
    } finally {
      await Promise.all(this.#tasks);
    }
  }

  async #serveAll(): Promise<void> {
    const { board, pods } = this.#scene;
    const { signal } = this.#run;
    for (;;) {
      const { changes } = board;
      const live = await this.#readOwner();
      if (live === undefined) return this.giveUp("it is gone, or another object took its place");
      this.#expected ??= expectedPods(this.#due, live.object);
      const own = await pods.of(live.owner, board.pods, signal);
      for (const pod of own) this.#tend(pod);
      if (this.#isDone()) return;
      await board.changed(changes, LOOK_MS, signal);
    }
  }

  /** Ends what has not ended, once for all pods that remain. */
  giveUp(message: string): void {
    this.#end({ result: "not-run", message });
  }

  /** What an earlier run has begun is named and not begun again; false where that is not known. */
  #takeUpEarlier(): boolean {
    const { earlier } = this.#scene;
    if (earlier.trouble !== undefined) {
      this.giveUp(`whether an earlier run of this restore has begun it is not known: ${earlier.trouble}`);
      return false;
    }
    for (const one of earlier.of(this.#due)) {
      this.#served.add(one.podUid).add(one.pod);
      this.#end({ pod: one.pod, ...earlierEnd(one) });
    }
    return true;
  }

  /** Read once, and again as long as it does not say how many pods it wants. */
  async #readOwner(): Promise<FoundOwner | undefined> {
    if (this.#owner !== undefined && this.#expected !== undefined) return this.#owner;
    const { kind, namespace, name, uid } = this.#due;
    const bytes = await this.#run.cluster.get({ resource: kind, namespace, name }, this.#run.signal);
    const object = bytes === undefined ? undefined : parseExactBytes(bytes);
    if (!isExactObject(object) || uidOf(object) !== uid) return undefined;
    this.#owner = { owner: { kind, uid, createdAt: createdAt(object) }, object };
    return this.#owner;
  }

  #tend(pod: ExactObject): void {
    const name = textAt(pod, ["metadata", "name"]);
    const uid = uidOf(pod);
    if (this.#served.has(uid) || this.#served.has(name) || this.#isEnough()) return;
    const found = hookState(pod, this.#due.hook);
    const { stoppedBy } = this.#run.hooks;
    if (stoppedBy !== undefined && this.#due.hook.type === "exec") {
      this.#serve(uid, { pod: name, result: "not-run", message: stoppedText(stoppedBy) });
    } else if (found.state === "due") this.#begin(pod);
    else if (found.state === "over") this.#serve(uid, { pod: name, result: "failed", message: found.why });
    else if (this.#hasWaited(uid)) this.#serve(uid, { pod: name, ...this.#tooLate(found.why) });
  }

  #begin(pod: ExactObject): void {
    const { hook } = this.#due;
    const [uid, name] = [uidOf(pod), textAt(pod, ["metadata", "name"])];
    if (hook.type === "init") this.#serve(uid, { pod: name, result: "ran" });
    else this.#start(pod, hook);
  }

  #start(pod: ExactObject, hook: ExecHook): void {
    const name = textAt(pod, ["metadata", "name"]);
    this.#served.add(uidOf(pod));
    const { board, limit } = this.#scene;
    const task: Promise<void> = limit
      .run(async () => {
        const { stoppedBy } = this.#run.hooks;
        const end =
          stoppedBy === undefined
            ? await runCommand(this.#run, { due: this.#due, hook }, pod)
            : ({ result: "not-run", message: stoppedText(stoppedBy) } as const);
        this.#end({ pod: name, ...end });
      }, this.#run.signal)
      // It throws where the run is interrupted, which whoever waits here learns as well.
      .catch(() => undefined)
      .finally(() => {
        this.#tasks.delete(task);
        board.wake();
      });
    this.#tasks.add(task);
  }

  #serve(uid: string, end: Pick<HookEnd, "pod" | "result" | "message">): void {
    this.#served.add(uid);
    this.#end(end);
  }

  #end(end: Pick<HookEnd, "pod" | "result" | "message" | "isIdle">): void {
    this.#ended += 1;
    this.#movedAt = performance.now();
    this.#run.hooks.end(this.#due, end);
    this.#scene.onEnd();
  }

  /** Pods that are replaced meanwhile must not get a command that the ones before them had. */
  #isEnough(): boolean {
    return this.#expected === undefined || this.#ended + this.#tasks.size >= this.#expected;
  }

  #hasWaited(uid: string): boolean {
    const now = performance.now();
    if (!this.#waitingSince.has(uid)) this.#movedAt = now;
    return now - this.#waitingSince.getOrInsert(uid, now) >= this.#patienceMs();
  }

  #patienceMs(): number {
    const { hook } = this.#due;
    const own = hook.type === "exec" ? hook.waitTimeoutSeconds : hook.timeoutSeconds;
    return (own ?? this.#scene.timeoutSeconds) * 1000;
  }

  #tooLate(why: string): Pick<HookEnd, "result" | "message"> {
    const message = `after ${this.#patienceMs() / 1000} s: ${why}`;
    return { result: this.#due.hook.type === "exec" ? "not-run" : "failed", message };
  }

  #isDone(): boolean {
    if (this.#expected === 0) this.#end({ result: "not-run", message: "it wants no pods", isIdle: true });
    if (this.#expected !== undefined && this.#ended >= this.#expected) return true;
    if (this.#tasks.size > 0) return false;
    const { stoppedBy } = this.#run.hooks;
    const isLate = performance.now() - this.#movedAt >= this.#patienceMs() + LOOK_MS;
    if (stoppedBy !== undefined && this.#due.hook.type === "exec") this.giveUp(stoppedText(stoppedBy));
    else if (isLate) this.giveUp(this.#missingText());
    else return false;
    return true;
  }

  #missingText(): string {
    const seconds = this.#patienceMs() / 1000;
    if (this.#expected === undefined) return `how many pods it wants was not said within ${seconds} s`;
    return `${this.#ended} of ${this.#expected} pods came, and no other within ${seconds} s`;
  }
}

function stoppedText(by: string): string {
  return `the hook of ${by} did not run well, and says on-error: Fail`;
}

const EARLIER = "in an earlier run of this restore";

function earlierEnd({ state, message }: EarlierHook): Pick<HookEnd, "result" | "message"> {
  if (state === "ran") return { result: "ran", message: EARLIER };
  if (state === "failed") return { result: "failed", message: `${message}, ${EARLIER}: it is not run again` };
  return {
    result: "failed",
    message: `it was begun ${EARLIER}, which broke off before it told how it ended: it is not run again`,
  };
}
