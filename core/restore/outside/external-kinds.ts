import type { ItemKind } from "#core/model/item.ts";
import { isBuiltInGroup } from "#core/restore/built-in-groups.ts";

type Kind = Pick<ItemKind, "group" | "resource">;

interface ExternalKinds {
  /** Of the API group: a whole name, or, with a leading dot, the end of one. */
  readonly group: string;
  /** Absent: all of the group. */
  readonly only?: ReadonlySet<string>;
  /** Settings and definitions: they own nothing by themselves. */
  readonly except?: ReadonlySet<string>;
  readonly why: string;
}

const PROVIDER_SETTINGS = new Set([
  "providerconfigs",
  "clusterproviderconfigs",
  "providerconfigusages",
  "storeconfigs",
]);
const CROSSPLANE = "Crossplane makes and owns a resource of a provider by it";
const CLUSTER_API = "Cluster API makes and owns clusters and machines by it";
const MACHINES = "its controller makes and owns machines by it";

/** Kinds whose controller owns something outside the cluster: with a second object it would have two masters. */
const EXTERNAL: readonly ExternalKinds[] = [
  {
    group: ".services.k8s.aws",
    except: new Set(["adoptedresources", "fieldexports", "iamroleselectors"]),
    why: "AWS Controllers for Kubernetes make and own a resource of AWS by it",
  },
  { group: "elbv2.k8s.aws", why: "it puts pods into a target group of AWS" },
  {
    group: ".cnrm.cloud.google.com",
    except: new Set(["configconnectors", "configconnectorcontexts"]),
    why: "Config Connector makes and owns a resource of Google Cloud by it",
  },
  { group: ".azure.com", why: "Azure Service Operator makes and owns a resource of Azure by it" },
  { group: "apiextensions.crossplane.io", only: new Set(), why: CROSSPLANE },
  { group: "pkg.crossplane.io", only: new Set(), why: CROSSPLANE },
  { group: ".crossplane.io", except: PROVIDER_SETTINGS, why: CROSSPLANE },
  { group: ".upbound.io", except: PROVIDER_SETTINGS, why: CROSSPLANE },
  { group: "cluster.x-k8s.io", why: CLUSTER_API },
  { group: ".cluster.x-k8s.io", why: CLUSTER_API },
  { group: "machine.openshift.io", why: MACHINES },
  { group: "karpenter.sh", why: MACHINES },
  { group: "hive.openshift.io", only: new Set(["clusterdeployments", "clusterpools"]), why: MACHINES },
  { group: "externaldns.k8s.io", why: "external-dns publishes names by it" },
  {
    group: "cert-manager.io",
    only: new Set(["certificates", "certificaterequests"]),
    why: "cert-manager asks an authority for certificates by it",
  },
  { group: "acme.cert-manager.io", why: "cert-manager asks an authority for certificates by it" },
  {
    group: "external-secrets.io",
    only: new Set(["pushsecrets", "clusterpushsecrets"]),
    why: "External Secrets writes to a store outside by it",
  },
  {
    group: "infra.contrib.fluxcd.io",
    only: new Set(["terraforms"]),
    why: "Terraform makes and owns resources by it",
  },
  { group: "app.terraform.io", why: "Terraform makes and owns resources by it" },
  { group: "pulumi.com", only: new Set(["stacks"]), why: "Pulumi makes and owns resources by it" },
];

/** Why objects of a kind own something outside the cluster, where they do. Pure. */
export function externalKind(kind: Kind, categories: readonly string[]): string | undefined {
  if (isBuiltInGroup(kind.group)) return undefined;
  const known = EXTERNAL.find(({ group }) =>
    group.startsWith(".") ? kind.group.endsWith(group) : kind.group === group,
  );
  if (known !== undefined) return owns(kind, known) ? known.why : undefined;
  return isCrossplanes(categories) ? CROSSPLANE : undefined;
}

function owns({ resource }: Kind, { only, except }: ExternalKinds): boolean {
  return (only?.has(resource) ?? true) && !(except?.has(resource) ?? false);
}

/** Composite resources and claims have groups of their users' own; Crossplane marks all that it owns by categories. */
function isCrossplanes(categories: readonly string[]): boolean {
  return (
    (categories.includes("crossplane") && categories.includes("managed")) ||
    categories.includes("composite") ||
    categories.includes("claim")
  );
}
