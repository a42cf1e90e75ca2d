import type { WriteOptions, WriteReply } from "#core/kube/cluster.ts";
import { describeError } from "#core/model/errors.ts";
import type { ItemOutcome } from "#core/model/restore.ts";
import { objectAt } from "#core/objects/edit-object.ts";
import {
  type ExactObject,
  isExactObject,
  parseExactBytes,
  stringifyExact,
} from "#core/objects/exact-json.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import type { LiveObject } from "./change-live.ts";
import { contentDigest } from "./content-digest.ts";
import { stopIfLost } from "./lost-connection.ts";
import { mergePatch } from "./merge-patch.ts";
import type { RestoreRun } from "./restore-run.ts";
import type { Wish } from "./write-item.ts";
import { failed, refusedOutcome } from "./write-replies.ts";

/** Only that very object in that very state: its uid and resourceVersion are preconditions. */
export function patchLive(
  run: RestoreRun,
  wish: Wish,
  { live, patch }: { readonly live: LiveObject; readonly patch: ExactObject },
): Promise<ItemOutcome | "conflict"> {
  const body = Buffer.from(stringifyExact(conditional(patch, live)));
  return overwrite(run, wish, {
    live,
    result: mergePatch(live.object, patch),
    send: (options) => run.cluster.patch(refOf(wish), { type: "merge", body }, options),
  });
}

/** The same by a PUT of the whole object. */
export function replaceLive(
  run: RestoreRun,
  wish: Wish,
  { live, object }: { readonly live: LiveObject; readonly object: ExactObject },
): Promise<ItemOutcome | "conflict"> {
  const body = Buffer.from(stringifyExact(conditional(object, live)));
  return overwrite(run, wish, {
    live,
    result: object,
    send: (options) => run.cluster.replace(refOf(wish), body, options),
  });
}

export function conditional(
  object: ExactObject,
  { uid, resourceVersion }: Pick<LiveObject, "uid" | "resourceVersion">,
): ExactObject {
  const metadata = { ...objectAt(object, ["metadata"]), uid, resourceVersion };
  return { ...object, metadata };
}

export function refOf({ target }: Wish) {
  return { resource: target.kind, namespace: target.namespace, name: target.name };
}

/** Stored before anything is sent. */
export async function keepBefore(
  run: RestoreRun,
  { target: { kind } }: Wish,
  { live, result }: { readonly live: LiveObject; readonly result: ExactObject },
): Promise<void> {
  await run.before.keep({ kind, bytes: live.bytes, expected: contentDigest(kind, result) });
}

interface Overwrite {
  readonly live: LiveObject;
  /** What is to be there then. */
  readonly result: ExactObject;
  readonly send: (options: WriteOptions) => Promise<WriteReply>;
}

async function overwrite(
  run: RestoreRun,
  wish: Wish,
  { live, result, send }: Overwrite,
): Promise<ItemOutcome | "conflict"> {
  await keepBefore(run, wish, { live, result });
  try {
    const reply = await send({
      signal: run.signal,
      ...(run.request.strict && { fieldValidation: "Strict" }),
    });
    wish.warnings.push(...reply.warnings);
    if (!reply.ok) return reply.status === 409 ? "conflict" : refusedOutcome(reply);
    // A write that changes nothing leaves the resourceVersion as it was.
    if (readItemHeader(reply.body).resourceVersion === live.resourceVersion) return { result: "unchanged" };
    return { result: "updated", digest: digestOf(wish, reply.body) };
  } catch (error) {
    run.signal.throwIfAborted();
    await stopIfLost(run, error);
    return failed("connection", describeError(error));
  }
}

function digestOf({ target: { kind } }: Wish, body: Uint8Array): string | undefined {
  const object = parseExactBytes(body);
  return isExactObject(object) ? contentDigest(kind, object) : undefined;
}
