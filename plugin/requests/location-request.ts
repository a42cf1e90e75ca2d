import type { PublishedLocations } from "#core/guard/published-locations.ts";
import { Failure } from "#core/model/errors.ts";
import type { LocationsFile } from "#core/model/locations-file.ts";
import { nearest } from "#core/model/nearest.ts";
import { camelCase, type FlagValues } from "#plugin/command.ts";
import { clusterFlags } from "#plugin/flags.ts";

type AddFlags = Partial<FlagValues<typeof clusterFlags>> & { readonly fromCluster?: string | undefined };

export type AddRequest =
  | { readonly from: "user"; readonly name: string; readonly url: string }
  /** No name: as it is called there. `published`: which one; absent: all, or with a name the default. */
  | {
      readonly from: "cluster";
      readonly name: string | undefined;
      readonly published: string | undefined;
    };

/** Arguments and flags → what is meant. Pure. */
export function addRequest([name, url]: readonly string[], given: AddFlags): AddRequest {
  const { fromCluster } = given;
  if (fromCluster !== undefined) {
    if (url === undefined) return { from: "cluster", name, published: fromCluster || undefined };
    throw new Failure("usage", "--from-cluster reads the URL from the cluster, so none is given beside it", {
      hint: `kubectl backup location add ${name} --from-cluster`,
    });
  }
  refuseCluster(given);
  if (name !== undefined && url !== undefined) return { from: "user", name, url };
  throw new Failure("usage", `${name === undefined ? "NAME" : "URL"} is missing`, {
    hint: "kubectl backup location add NAME URL, or kubectl backup location add --from-cluster for what the cluster publishes",
  });
}

/** Whoever names a cluster expects the location to be that cluster's. */
function refuseCluster(given: AddFlags): void {
  const values = new Map(Object.entries(given));
  const named = Object.keys(clusterFlags).find((flag) => {
    const value = values.get(camelCase(flag));
    return Array.isArray(value) ? value.length > 0 : value !== undefined;
  });
  if (named === undefined) return;
  throw new Failure("usage", `--${named}: no cluster is asked without --from-cluster`, {
    hint: `kubectl backup location add --from-cluster --${named} … takes what a cluster publishes; a name for a URL is good for every cluster`,
  });
}

export interface TakenLocation {
  /** How it is called here. */
  readonly name: string;
  readonly url: string;
  /** How it is called there. */
  readonly published: string;
}

export interface TakenLocations {
  /** Of these the name of the one that is the default there. */
  readonly default: string;
  readonly all: readonly TakenLocation[];
}

/** Which of the published ones, under which names. Pure. */
export function takenLocations(
  { name, published }: AddRequest & { readonly from: "cluster" },
  there: PublishedLocations,
): TakenLocations {
  if (name === undefined && published === undefined) {
    const all = Object.entries(there.locations).map(([own, url]) => ({ name: own, url, published: own }));
    return { default: there.default, all };
  }
  const which = published ?? there.default;
  const url = there.locations[which];
  if (url === undefined) throw unpublished(which, Object.keys(there.locations));
  const called = name ?? which;
  return { default: called, all: [{ name: called, url, published: which }] };
}

function unpublished(name: string, known: readonly string[]): Failure {
  const near = nearest(name, known);
  const message = `this cluster publishes no location "${name}", but ${known.join(", ")}`;
  return new Failure("location-unknown", message, {
    hint: `kubectl backup location add --from-cluster${near === undefined ? " adds them all" : `=${near}`}`,
  });
}

/** A name that means another URL here is not taken away from whoever uses it. */
export function refuseTaken({ all }: TakenLocations, { locations }: Pick<LocationsFile, "locations">): void {
  const clash = all.find(({ name, url }) => (locations[name] ?? url) !== url);
  if (clash === undefined) return;
  const { name, url, published } = clash;
  throw new Failure(
    "name-taken",
    `a location named "${name}" exists and is ${locations[name]}, not ${url}; nothing was added`,
    { hint: `kubectl backup location add OTHER --from-cluster=${published} takes it under another name` },
  );
}
