// What lies in a namespace, and the cluster-scoped objects of a fixture, read past the product: every kind that the
// server lists, each in the version the server prefers.
import { FIXTURE_LABEL } from "#test/fixtures/every-kind.ts";
import type { KubeClient } from "#test/harness/kube-client.ts";
import type { KubeObject } from "#test/harness/kube-object.ts";

type Left = { readonly what: string; readonly reason: string; holds(object: KubeObject): boolean };

/** Objects that no backup has to bring back, each with the reason. */
const LEFT_OUT: readonly Left[] = [
  { what: "Events", reason: "a log of the past", holds: ({ kind }) => kind === "Event" },
  { what: "Leases", reason: "held by running processes", holds: ({ kind }) => kind === "Lease" },
  {
    what: "EndpointSlices of controllers",
    reason: "made anew from Services and from Endpoints",
    holds: ({ kind, metadata }) =>
      kind === "EndpointSlice" &&
      metadata.labels?.["endpointslice.kubernetes.io/managed-by"]?.endsWith(".k8s.io") === true,
  },
  {
    what: "Endpoints of the controller",
    reason: "made anew from Services",
    holds: ({ kind, metadata }) =>
      kind === "Endpoints" && metadata.labels?.["endpoints.kubernetes.io/managed-by"] !== undefined,
  },
];

type Kind = { readonly path: string; readonly resource: string; readonly namespaced: boolean };

/** The namespaces themselves, all in them, and all that is cluster-scoped and carries the fixture's label. */
export async function everyObject(
  client: KubeClient,
  { namespaces, marker }: { readonly namespaces: readonly string[]; readonly marker: string },
): Promise<readonly KubeObject[]> {
  const kinds = await servedKinds(client);
  const paths = kinds.flatMap(({ path, resource, namespaced }) =>
    namespaced
      ? namespaces.map((namespace) => `${path}/namespaces/${namespace}/${resource}`)
      : [`${path}/${resource}?labelSelector=${FIXTURE_LABEL}%3D${marker}`],
  );
  const lists = await Promise.all(paths.map((path) => client.list(path)));
  const own = await Promise.all(namespaces.map((name) => client.get(`/api/v1/namespaces/${name}`)));
  const isNamespace = ({ kind }: KubeObject) => kind === "Namespace";
  const found = lists.flat().filter((object) => !isNamespace(object));
  return [...own, ...found.filter((object) => !LEFT_OUT.some(({ holds }) => holds(object)))];
}

async function servedKinds(client: KubeClient): Promise<readonly Kind[]> {
  const groups = (await client.get("/apis"))["groups"] as readonly {
    readonly preferredVersion: { readonly groupVersion: string };
  }[]; // an APIGroupList
  const paths = [
    "/api/v1",
    ...groups.map(({ preferredVersion }) => `/apis/${preferredVersion.groupVersion}`),
  ];
  return (await Promise.all(paths.map((path) => kindsAt(client, path)))).flat();
}

async function kindsAt(client: KubeClient, path: string): Promise<readonly Kind[]> {
  const { resources } = (await client.get(path)) as unknown as {
    readonly resources: readonly {
      readonly name: string;
      readonly namespaced: boolean;
      readonly verbs: readonly string[];
    }[];
  }; // an APIResourceList
  return resources
    .filter(({ verbs, name }) => verbs.includes("list") && verbs.includes("watch") && !name.includes("/"))
    .map(({ name, namespaced }) => ({ path, resource: name, namespaced }));
}
