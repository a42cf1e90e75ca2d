import type { ApiResource, DownApi } from "./cluster.ts";
import type { Found } from "./discovery.ts";

/** apidiscovery.k8s.io, v2 and v2beta1 alike, as far as it is read. */
interface GroupList {
  readonly items?: readonly Group[];
}
interface Group {
  /** Without a name: the core group. */
  readonly metadata?: { readonly name?: string };
  readonly versions?: readonly Version[];
}
interface Version {
  readonly version: string;
  /** "Stale": its server could not be asked; `resources` is absent or what was known last. */
  readonly freshness?: string;
  readonly resources?: readonly Resource[];
}
interface Resource {
  readonly resource: string;
  readonly responseKind?: { readonly kind?: string };
  readonly scope?: string;
  readonly singularResource?: string;
  readonly shortNames?: readonly string[];
  readonly categories?: readonly string[];
  readonly verbs?: readonly string[];
  readonly subresources?: readonly { readonly subresource: string }[];
}

export function readAggregated(body: Uint8Array): Found {
  // The content type named the form, and the body has been checked to be JSON.
  const { items = [] } = JSON.parse(Buffer.from(body).toString("utf8")) as GroupList;
  const resources: ApiResource[] = [];
  const down: DownApi[] = [];
  for (const { metadata, versions = [] } of items) {
    for (const version of versions) {
      const found = resourcesOf(metadata?.name ?? "", version);
      if (version.freshness === "Stale") down.push(staleApi(metadata?.name ?? "", version.version, found));
      else resources.push(...found);
    }
  }
  return { resources, down };
}

function resourcesOf(group: string, { version, resources = [] }: Version): ApiResource[] {
  return resources.map((resource) => ({
    group,
    version,
    resource: resource.resource,
    kind: resource.responseKind?.kind ?? "",
    namespaced: resource.scope === "Namespaced",
    singular: resource.singularResource ?? "",
    shortNames: resource.shortNames ?? [],
    categories: resource.categories ?? [],
    verbs: resource.verbs ?? [],
    hasStatus: (resource.subresources ?? []).some(({ subresource }) => subresource === "status"),
  }));
}

function staleApi(group: string, version: string, resources: readonly ApiResource[]): DownApi {
  return { group, version, resources, message: "the server behind this API does not answer" };
}
