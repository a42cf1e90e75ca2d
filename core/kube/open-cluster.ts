import type { ClusterAccess } from "#core/kube/access/access.ts";
import { type ListKnowledge, LONG_LIST, listObjects } from "#core/kube/lists/lists.ts";
import { getWhole } from "#core/kube/transport/read-whole.ts";
import { openTransport, type Transport, type TransportOptions } from "#core/kube/transport/transport.ts";
import type { WireReply } from "#core/kube/transport/wire.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { Cluster, ServerVersion } from "./cluster.ts";
import { discover } from "./discovery.ts";
import { execCalls } from "./exec.ts";
import { objectCalls } from "./objects.ts";
import { watchObjects } from "./watches.ts";

export interface ClusterOptions extends TransportOptions {
  /** How many objects have to remain after a kind's first page for it to be read as a stream; absent: LONG_LIST. */
  readonly longList?: number | undefined;
  /** Under which what is written stands in managedFields; absent: the plugin's. */
  readonly fieldManager?: string | undefined;
}

/** One cluster as one user. No connection is made before the first call. */
export function openCluster(access: ClusterAccess, options: ClusterOptions): Cluster {
  const transport = openTransport(access, options);
  const known: ListKnowledge = { noStreams: false, longList: options.longList ?? LONG_LIST };
  return {
    info: access.info,
    version: (signal) => readVersion(transport, signal),
    whoAmI: (signal) => whoAmI(transport, signal),
    serverTime: async (signal) => {
      await readVersion(transport, signal);
      return transport.clock.now();
    },
    discover: (signal) => discover(transport, signal),
    list: (request) => listObjects(transport, request, known),
    ...objectCalls(transport, options.fieldManager),
    ...execCalls(transport),
    watch: (request) => watchObjects(transport, request),
    close: () => transport.close(),
  };
}

async function readVersion(transport: Transport, signal: AbortSignal): Promise<ServerVersion> {
  const { body } = await getWhole(
    transport,
    { path: "/version", signal },
    "asking the server's version",
  ).catch(refuseOthersThanApiServers);
  const { gitVersion, major, minor } = jsonObject(body);
  return { gitVersion: String(gitVersion ?? ""), major: String(major ?? ""), minor: String(minor ?? "") };
}

/** Every API server has a version to tell. */
function refuseOthersThanApiServers(cause: unknown): never {
  if (!isFailure(cause, "kind-unknown")) throw cause;
  throw new Failure("cluster-unreachable", `no API server answers at this address: ${cause.message}`, {
    cause,
  });
}

/** Newest first; v1 since 1.28. */
const REVIEW_VERSIONS = ["v1", "v1beta1"];

async function whoAmI(transport: Transport, signal: AbortSignal): Promise<string | undefined> {
  for (const version of REVIEW_VERSIONS) {
    const apiVersion = `authentication.k8s.io/${version}`;
    const answer = await transport.send({
      method: "POST",
      path: `/apis/${apiVersion}/selfsubjectreviews`,
      contentType: "application/json",
      body: Buffer.from(JSON.stringify({ kind: "SelfSubjectReview", apiVersion })),
      // A review changes nothing.
      repeatable: true,
      signal,
    });
    if (answer.ok) return userName(await readReview(transport, answer.reply));
  }
  return undefined;
}

async function readReview(transport: Transport, reply: WireReply): Promise<Uint8Array> {
  try {
    return await reply.whole();
  } catch (error) {
    const translated = transport.translate(error);
    if (isFailure(translated)) return new Uint8Array();
    throw translated;
  }
}

function userName(review: Uint8Array): string | undefined {
  if (review.length === 0) return undefined;
  const status = jsonObject(review)["status"] as { userInfo?: { username?: string } } | undefined; // SelfSubjectReview
  return status?.userInfo?.username;
}

function jsonObject(body: Uint8Array): Readonly<Record<string, unknown>> {
  // Replies of the API server; every field that is read may be absent.
  return JSON.parse(Buffer.from(body).toString("utf8")) as Readonly<Record<string, unknown>>;
}
