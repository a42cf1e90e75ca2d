import { getWhole } from "#core/kube/transport/read-whole.ts";
import type { Transport } from "#core/kube/transport/transport.ts";
import { Failure, isFailure } from "#core/model/errors.ts";
import type { ApiResource } from "./cluster.ts";
import type { Found } from "./discovery.ts";

/** meta/v1 APIVersions (of /api) or APIGroupList (of /apis), as far as it is read. */
interface Root {
  readonly versions?: readonly string[];
  readonly groups?: readonly {
    readonly name: string;
    readonly versions?: readonly { readonly version: string }[];
    readonly preferredVersion?: { readonly version?: string };
  }[];
}
interface ResourceList {
  readonly resources?: readonly Resource[];
}
interface Resource {
  /** `pods`, or `pods/status` for a subresource. */
  readonly name: string;
  readonly singularName?: string;
  readonly namespaced?: boolean;
  readonly kind: string;
  readonly verbs?: readonly string[];
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
}
interface GroupVersion {
  readonly group: string;
  readonly version: string;
}

const IN_FLIGHT = 8;

/** Servers before 1.26, and those that have aggregated discovery switched off: one request for each group and version. */
export async function discoverLegacy(
  transport: Transport,
  rootBody: Uint8Array,
  from: { readonly root: "/api" | "/apis"; readonly signal: AbortSignal },
): Promise<Found> {
  const wanted = groupVersions(parse<Root>(rootBody));
  const found: Found[] = [];
  for (let start = 0; start < wanted.length; start += IN_FLIGHT) {
    const some = wanted.slice(start, start + IN_FLIGHT);
    found.push(...(await Promise.all(some.map((each) => discoverVersion(transport, each, from.signal)))));
  }
  return { resources: found.flatMap(({ resources }) => resources), down: found.flatMap(({ down }) => down) };
}

/** The preferred version of a group comes first, the others in the server's order. */
function groupVersions({ versions = [], groups = [] }: Root): GroupVersion[] {
  const core = versions.map((version) => ({ group: "", version }));
  const named = groups.flatMap(({ name, versions: all = [], preferredVersion }) =>
    all
      .toSorted(
        (a, b) => rank(a.version, preferredVersion?.version) - rank(b.version, preferredVersion?.version),
      )
      .map(({ version }) => ({ group: name, version })),
  );
  return [...core, ...named];
}

function rank(version: string, preferred: string | undefined): number {
  return version === preferred ? 0 : 1;
}

async function discoverVersion(transport: Transport, api: GroupVersion, signal: AbortSignal): Promise<Found> {
  const path = api.group === "" ? `/api/${api.version}` : `/apis/${api.group}/${api.version}`;
  try {
    const { body } = await getWhole(transport, { path, attempts: 2, signal }, `reading what ${path} serves`);
    return { resources: resourcesOf(api, parse<ResourceList>(body)), down: [] };
  } catch (error) {
    // An aggregated API whose server is down answers 503 in plain text; the rest of the cluster is none the worse.
    if (!isFailure(error) || error.reply === undefined || error.reply.status === 401) throw error;
    return { resources: [], down: [{ ...api, message: error.message, resources: [] }] };
  }
}

function resourcesOf(api: GroupVersion, { resources = [] }: ResourceList): ApiResource[] {
  const names = new Set(resources.map(({ name }) => name));
  return resources
    .filter(({ name }) => !name.includes("/"))
    .map((resource) => ({
      ...api,
      resource: resource.name,
      kind: resource.kind,
      namespaced: resource.namespaced ?? false,
      singular: resource.singularName ?? "",
      shortNames: resource.shortNames ?? [],
      categories: resource.categories ?? [],
      verbs: resource.verbs ?? [],
      hasStatus: names.has(`${resource.name}/status`),
    }));
}

function parse<T>(body: Uint8Array): T {
  const value: unknown = JSON.parse(Buffer.from(body).toString("utf8"));
  if (typeof value !== "object" || value === null)
    throw new Failure("cluster-error", "the server's discovery is no object");
  // All fields that are read are optional or checked by the server that wrote them.
  return value as T;
}
