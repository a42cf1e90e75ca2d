import type { StoredItem } from "#core/catalog/catalog.ts";
import { annotationKeys } from "#core/model/annotations.ts";
import { describeError } from "#core/model/errors.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { objectAt } from "#core/objects/edit-object.ts";
import type { ExactJson, ExactObject } from "#core/objects/exact-json.ts";
import { isOwn } from "./complete-own.ts";
import { createObject } from "./create-object.ts";
import type { Decision } from "./decide.ts";
import { intendedOf } from "./intended.ts";
import type { LiveState } from "./live-digests.ts";
import { stopIfLost } from "./lost-connection.ts";
import { type Written as OutsideWritten, reachesOf } from "./outside/reaches.ts";
import { linkOwners } from "./owners.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { LaterStep, Rule } from "./rule.ts";
import { ruleFor } from "./rules.ts";
import { settleExisting } from "./settle-existing.ts";
import { transformItem } from "./transform.ts";
import { failed } from "./write-replies.ts";

/** One item on its way into the cluster. */
export interface Wish {
  readonly item: StoredItem;
  readonly target: Extract<Decision, { do: "write" }>;
  readonly rule: Rule;
  /** What is sent to create it. */
  readonly body: ExactObject;
  /** What there will be once all later steps are done: what a live object is compared with. */
  readonly intended: ExactObject;
  readonly later: readonly LaterStep[];
  /** Owner references, as in the backup, whose new uid is not known yet. */
  readonly unknownOwners: readonly ExactObject[];
  /** Those in the body. */
  readonly linkedOwners: readonly ExactObject[];
  /** Both, as in the backup. */
  readonly ownerReferences: readonly ExactObject[];
  /** Said where it is created. */
  readonly creationWarnings: readonly string[];
  /** Said where it is created or updated. */
  readonly warnings: string[];
  /** Said of what is there, whatever becomes of it. */
  readonly findings: string[];
  /** It has been deleted to be created anew. */
  readonly remade?: boolean | undefined;
}

export interface ItemEnd {
  readonly outcome: ItemOutcome;
  readonly warnings: readonly string[];
  /** An earlier run of this very restore created it, whatever has become of it since. */
  readonly isOwn?: boolean | undefined;
}

export interface ItemBytes {
  readonly item: StoredItem;
  readonly bytes: Uint8Array;
  readonly target: Extract<Decision, { do: "write" }>;
  /** Of the object that is in the target, where its list has been read. */
  readonly live: LiveState | undefined;
}

/** Transforms one item and brings it into the cluster by creating it or by the policy for what exists. */
export async function writeItem(run: RestoreRun, given: ItemBytes): Promise<ItemEnd> {
  const { item, bytes, target } = given;
  try {
    const { original, ruling } = transformItem(item, bytes, run.prepared.facts.rules);
    if (ruling.verdict !== "restore") {
      const { verdict, reason, message } = ruling;
      const result = verdict === "skip" ? "skipped" : "failed";
      return { outcome: { result, reason, message }, warnings: [] };
    }
    const blocked = run.blockedNamespaces.get(target.namespace);
    if (blocked !== undefined) return { outcome: failed("namespace-not-ready", blocked), warnings: [] };
    const wish = makeWish(run, given, { original, ruling });
    const outcome =
      given.live === undefined ? await createObject(run, wish) : await settleExisting(run, wish, given.live);
    if (isWritten(outcome)) {
      const { object } = ruling;
      const written = { item, target, original, object, intended: wish.intended };
      run.mentions.note(written);
      run.reaches.add(reachesOf(written, { rules: run.prepared.facts.rules, hosts: run.prepared.hosts }));
      if (outcome.result !== "updated") noteHooks(run, wish, { written, uid: outcome.uid });
    }
    return {
      outcome,
      warnings: warningsFor(wish, outcome),
      isOwn: given.live !== undefined && isOwn(run, given.live),
    };
  } catch (error) {
    run.signal.throwIfAborted();
    await stopIfLost(run, error);
    return { outcome: failed("error", describeError(error)), warnings: [] };
  }
}

type Written = Extract<ItemOutcome, { result: "created" | "updated" | "recreated" }>;

function isWritten(outcome: ItemOutcome): outcome is Written {
  return ["created", "updated", "recreated"].includes(outcome.result);
}

/** What was there before runs on, and nothing is run in it. */
function noteHooks(
  run: RestoreRun,
  wish: Wish,
  {
    written: { object, intended, original },
    uid = "",
  }: { readonly written: OutsideWritten; readonly uid: string | undefined },
): void {
  const { kind, namespace, name } = wish.target;
  wish.warnings.push(...run.hooks.note({ kind, namespace, name, object, intended, original, uid }));
}

/** Nothing that did not happen. */
function warningsFor(wish: Wish, { result }: ItemOutcome): readonly string[] {
  const { creationWarnings, warnings, findings } = wish;
  if (result === "created" || result === "recreated") return [...creationWarnings, ...warnings, ...findings];
  return result === "updated" ? [...warnings, ...findings] : findings;
}

interface Transformed {
  readonly original: ExactObject;
  readonly ruling: Extract<ReturnType<typeof transformItem>["ruling"], { verdict: "restore" }>;
}

function makeWish(run: RestoreRun, { item, target }: ItemBytes, { original, ruling }: Transformed): Wish {
  const rule = ruleFor(item);
  const owners = linkOwners(original, run.owners, rule.adopted ?? false);
  const later = ruling.later ?? [];
  const pending = [...later.map(({ name }) => name), ...(owners.unknown.length > 0 ? ["owners"] : [])];
  const metadata: { [key: string]: ExactJson } = {
    ...objectAt(ruling.object, ["metadata"]),
    annotations: {
      ...objectAt(ruling.object, ["metadata", "annotations"]),
      [annotationKeys.restoredFrom]: run.mark,
      ...(pending.length > 0 && { [annotationKeys.pendingSteps]: pending.join(",") }),
    },
  };
  if (owners.linked.length > 0) metadata["ownerReferences"] = owners.linked;
  return {
    item,
    target,
    rule,
    body: {
      ...(rule.atCreation?.(ruling.object, run.request) ?? ruling.object),
      apiVersion: original["apiVersion"] ?? "",
      metadata,
    },
    intended: intendedOf(ruling),
    later,
    unknownOwners: owners.unknown,
    linkedOwners: owners.linked,
    ownerReferences: owners.all,
    creationWarnings: ruling.creationWarnings ?? [],
    warnings: [...(ruling.warnings ?? [])],
    findings: [],
  };
}
