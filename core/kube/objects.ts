import { getWhole } from "#core/kube/transport/read-whole.ts";
import { writeReplyOf } from "#core/kube/transport/refusal.ts";
import type { ApiRequest, Transport } from "#core/kube/transport/transport.ts";
import { parseWarnings } from "#core/kube/transport/warning-header.ts";
import { isFailure } from "#core/model/errors.ts";
import { itemTitle } from "#core/model/item.ts";
import type { Cluster, DeleteOptions, ObjectRef, PatchType, WriteOptions, WriteReply } from "./cluster.ts";
import { collectionPath, objectPath, withQuery } from "./resource-url.ts";

const JSON_TYPE = "application/json";
/** Server-side apply takes YAML, of which JSON is a part; the plain JSON form of the type came only lately. */
const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: "application/merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};
/** Under which the plugin's fields stand in managedFields. */
const FIELD_MANAGER = "kubectl-backup";

export type ObjectCalls = Pick<Cluster, "get" | "create" | "replace" | "patch" | "remove">;

/** Single objects. Bodies are sent and given as they are. */
export function objectCalls(transport: Transport, fieldManager: string = FIELD_MANAGER): ObjectCalls {
  const writeQuery = ({ dryRun, fieldValidation }: WriteOptions) => ({
    fieldManager,
    dryRun: dryRun ? "All" : undefined,
    fieldValidation,
  });
  return {
    get: (ref, signal) => getObject(transport, ref, signal),
    create: (ref, body, options) =>
      write(transport, {
        method: "POST",
        path: withQuery(createPath(ref, options), writeQuery(options)),
        contentType: JSON_TYPE,
        body,
        repeatable: false,
        signal: options.signal,
      }),
    // Repeated after a lost reply, a replace that carries a resourceVersion ends in a conflict, others in the same state.
    replace: (ref, body, options) =>
      write(transport, {
        method: "PUT",
        path: withQuery(objectPath(ref, options.subresource), writeQuery(options)),
        contentType: JSON_TYPE,
        body,
        repeatable: true,
        signal: options.signal,
      }),
    patch: (ref, { type, body }, options) =>
      write(transport, {
        method: "PATCH",
        path: withQuery(objectPath(ref, options.subresource), {
          ...writeQuery(options),
          ...patchQuery(type),
        }),
        contentType: PATCH_TYPES[type],
        body,
        // A JSON patch may append.
        repeatable: type !== "json",
        signal: options.signal,
      }),
    remove: (ref, options) => removeObject(transport, ref, options),
  };
}

async function getObject(
  transport: Transport,
  ref: ObjectRef,
  signal: AbortSignal,
): Promise<Uint8Array | undefined> {
  try {
    const { body } = await getWhole(
      transport,
      { path: objectPath(ref), signal },
      `reading ${itemTitle(ref.resource, ref)}`,
    );
    return withoutNewline(body);
  } catch (error) {
    if (isFailure(error) && error.reply?.status === 404) return undefined;
    throw error;
  }
}

/** Always bound to one uid: a namesake that came meanwhile stays. */
function removeObject(transport: Transport, ref: ObjectRef, options: DeleteOptions): Promise<WriteReply> {
  const body = {
    kind: "DeleteOptions",
    apiVersion: "v1",
    preconditions: { uid: options.uid, resourceVersion: options.resourceVersion },
    propagationPolicy: options.propagationPolicy,
    dryRun: options.dryRun === true ? ["All"] : undefined,
  };
  return write(transport, {
    method: "DELETE",
    path: objectPath(ref),
    contentType: JSON_TYPE,
    body: Buffer.from(JSON.stringify(body)),
    repeatable: true,
    signal: options.signal,
  });
}

async function write(transport: Transport, request: ApiRequest): Promise<WriteReply> {
  const answer = await transport.send(request);
  if (!answer.ok) return writeReplyOf(answer.refusal);
  const { reply } = answer;
  try {
    const body = withoutNewline(await reply.whole());
    return { ok: true, status: reply.status, body, warnings: parseWarnings(reply.header("warning")) };
  } catch (error) {
    throw transport.translate(error);
  }
}

/** Subresources are created below the object, objects in their collection. */
function createPath(ref: ObjectRef, { subresource }: WriteOptions): string {
  return subresource === undefined
    ? collectionPath(ref.resource, ref.namespace)
    : objectPath(ref, subresource);
}

function patchQuery(type: PatchType) {
  return { force: type === "apply" ? true : undefined };
}

/** Go's encoder ends each value with a newline that is no part of it. */
function withoutNewline(body: Uint8Array): Uint8Array {
  return body.at(-1) === 0x0a ? body.subarray(0, -1) : body;
}
