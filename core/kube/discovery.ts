import { getWhole, type WholeReply } from "#core/kube/transport/read-whole.ts";
import type { Transport } from "#core/kube/transport/transport.ts";
import { isFailure } from "#core/model/errors.ts";
import type { ApiResource, Discovery, DownApi } from "./cluster.ts";
import { readAggregated } from "./discovery-aggregated.ts";
import { discoverLegacy } from "./discovery-legacy.ts";

/** What is found below one of the two roots. */
export type Found = { readonly resources: readonly ApiResource[]; readonly down: readonly DownApi[] };

const AGGREGATED = ["v2", "v2beta1"].map(
  (version) => `application/json;g=apidiscovery.k8s.io;v=${version};as=APIGroupDiscoveryList`,
);
/** v2 since 1.30, v2beta1 since 1.26; a server that knows neither answers in the old form. */
const ACCEPT = [...AGGREGATED, "application/json"].join(",");

/** Every resource of every served version, in the server's order of preference, in two requests where it can do that. */
export async function discover(transport: Transport, signal: AbortSignal): Promise<Discovery> {
  const [core, groups] = await Promise.all([
    discoverRoot(transport, "/api", signal),
    discoverRoot(transport, "/apis", signal),
  ]);
  return { resources: [...core.resources, ...groups.resources], down: [...core.down, ...groups.down] };
}

async function discoverRoot(
  transport: Transport,
  root: "/api" | "/apis",
  signal: AbortSignal,
): Promise<Found> {
  const whole = await getRoot(transport, root, signal);
  // What came back, not what was asked for, says which form it is.
  const isAggregated = /as=APIGroupDiscoveryList/.test(whole?.reply.header("content-type") ?? "");
  if (whole === undefined) return { resources: [], down: [] };
  return isAggregated ? readAggregated(whole.body) : discoverLegacy(transport, whole.body, { root, signal });
}

/** undefined: some API servers (aggregated ones reached directly) serve only one of the roots. */
async function getRoot(
  transport: Transport,
  root: string,
  signal: AbortSignal,
): Promise<WholeReply | undefined> {
  try {
    return await getWhole(
      transport,
      { path: root, accept: ACCEPT, signal },
      "reading what the cluster serves",
    );
  } catch (error) {
    if (isFailure(error) && error.reply?.status === 404) return undefined;
    throw error;
  }
}
