import { InvalidJson } from "#core/kube/lists/json-scanner.ts";
import { WatchLines } from "#core/kube/lists/watch-lines.ts";
import type { WatchLine } from "#core/kube/lists/watch-scanner.ts";
import { failureOf, refusalOfStatus } from "#core/kube/transport/refusal.ts";
import type { Transport } from "#core/kube/transport/transport.ts";
import { Failure } from "#core/model/errors.ts";
import { groupResource } from "#core/model/item.ts";
import type { Cluster, WatchEvent } from "./cluster.ts";
import { collectionPath, withQuery } from "./resource-url.ts";

type WatchRequest = Parameters<Cluster["watch"]>[0];

const TYPES: readonly string[] = ["ADDED", "MODIFIED", "DELETED", "BOOKMARK"] satisfies WatchEvent["type"][];

/** From a resourceVersion on, until the server ends the watch (it does every half hour or so) or the caller breaks off. */
export async function* watchObjects(
  transport: Transport,
  request: WatchRequest,
): AsyncGenerator<WatchEvent, void, void> {
  const { resource, namespace, fieldSelector, resourceVersion, signal } = request;
  const what = `watching ${groupResource(resource)}`;
  const query = { watch: 1, allowWatchBookmarks: true, resourceVersion, fieldSelector };
  const path = withQuery(collectionPath(resource, namespace), query);
  const answer = await transport.send({ method: "GET", path, repeatable: true, signal });
  if (!answer.ok) throw failureOf(answer.refusal, what);
  const lines = new WatchLines(answer.reply);
  try {
    for (let events = await lines.next(); events !== undefined; events = await lines.next()) {
      for (const event of events) yield known(event, what);
    }
  } catch (error) {
    if (!(error instanceof InvalidJson)) throw transport.translate(error);
    throw new Failure("cluster-error", `${what}: the server's answer is damaged: ${error.message}`, {
      cause: error,
    });
  } finally {
    lines.close();
  }
}

/** An expired resourceVersion comes as an event of an HTTP 200. */
function known({ type, object }: WatchLine, what: string): WatchEvent {
  if (type === "ERROR") throw failureOf(refusalOfStatus(object), what);
  if (!TYPES.includes(type)) throw new InvalidJson(`an event of the unknown type ${type}`);
  // It is one of the four.
  return { type: type as WatchEvent["type"], object };
}
