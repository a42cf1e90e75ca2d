import { imageReference } from "#core/guard/image-reference.ts";
import type {
  Credentials,
  GuardComponent,
  GuardOptions,
  LocationAuthority,
} from "#core/guard/render-guard.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { type LocationUrl, ownOptionOf } from "#core/model/location.ts";
import type { FlagValues } from "#plugin/command.ts";
import type { installFlags } from "#plugin/commands/install-flags.ts";

export type InstallFlags = FlagValues<typeof installFlags>;

/** What a --location means, resolved: its name where it has one. */
export interface GuardLocation {
  readonly name?: string | undefined;
  readonly location: LocationUrl;
}

/** Flags of install → what is rendered. Pure: bad input ends here. */
export function guardOptions(given: InstallFlags, locations: readonly GuardLocation[]): GuardOptions {
  for (const { location } of locations) refuseUnreachable(location);
  const hostNetwork = given.hostNetwork === true;
  return {
    image: wantedImage(given),
    imagePullSecret: given.imagePullSecret,
    locations: namedLocations(locations),
    credentials: wantedCredentials(given.readCredentials, locations),
    locationCa: wantedAuthority(given.locationCa),
    replicas: wholeNumber(given.replicas, "--replicas", { from: 1, to: 20 }),
    port: wantedPort(given.port, hostNetwork),
    hostNetwork,
    components: wantedComponents(given),
  };
}

function wantedImage({ image, registry }: InstallFlags): string {
  if (image !== undefined) return imageReference(image, registry);
  throw new Failure("usage", "--image is missing", {
    hint: "give the guard's image by digest: --image NAME@sha256:…",
  });
}

/** Whatever only this machine has, a pod has not. */
function refuseUnreachable(location: LocationUrl): void {
  const own = ownOptionOf(location);
  if (own === undefined) return;
  if (own === "file") {
    throw new Failure("usage", `${location.url} lies on this machine, and pods cannot see it`, {
      hint: "give a location that the cluster reaches: --location 's3://bucket/prefix?region=…'",
    });
  }
  throw new Failure(
    "usage",
    `${location.url}: ${own} names something on this machine, and pods cannot see it`,
    {
      hint:
        own === "ca"
          ? `give the location without ca=, and the same file by --location-ca configmap/location-ca after: kubectl -n ${GUARD.namespace} create configmap location-ca --from-file=${GUARD.authorityKey}=FILE`
          : `give the location without ${own}=`,
    },
  );
}

/** By its own name, else its bucket's; the first is the default. */
function namedLocations(locations: readonly GuardLocation[]): GuardOptions["locations"] {
  const named: Record<string, string> = {};
  for (const { name, location } of locations) {
    const stem = name ?? (location.type === "s3" ? location.bucket : "main");
    let free = stem;
    for (let count = 2; named[free] !== undefined && named[free] !== location.url; count += 1) {
      free = `${stem}-${count}`;
    }
    named[free] = location.url;
  }
  return { default: Object.keys(named)[0], locations: named };
}

function wantedCredentials(text: string | undefined, locations: readonly GuardLocation[]): Credentials {
  if (text === "service-account") return { from: "service-account" };
  const name = /^secret\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/.exec(text ?? "")?.[1];
  if (name !== undefined) return { from: "secret", name };
  if (text !== undefined) {
    throw new Failure("usage", `--read-credentials: "${text}" is neither secret/NAME nor service-account`);
  }
  throw new Failure(
    "usage",
    "the guard has credentials of its own, never yours: --read-credentials is missing",
    {
      hint: [
        ...neededRights(locations),
        `--read-credentials secret/NAME: the Secret's keys (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, …) become the guard's environment`,
        `--read-credentials service-account: serviceaccounts ${GUARD.namespace}/${GUARD.name} has them (IRSA, Pod Identity, workload identity)`,
      ].join("\n"),
    },
  );
}

function wantedAuthority(text: string | undefined): LocationAuthority | undefined {
  if (text === undefined) return undefined;
  const [, from, name] = /^(configmap|secret)\/([a-z0-9]([a-z0-9.-]*[a-z0-9])?)$/.exec(text) ?? [];
  if (name !== undefined) return { from: from === "secret" ? "secret" : "configmap", name };
  throw new Failure("usage", `--location-ca: "${text}" is neither configmap/NAME nor secret/NAME`);
}

function neededRights(locations: readonly GuardLocation[]): readonly string[] {
  return locations.flatMap(({ location }) => {
    if (location.type !== "s3") return [];
    const { bucket, prefix } = location;
    const objects = prefix === "" ? `${bucket}/*` : `${bucket}/${prefix}/*`;
    return [`it only reads: s3:ListBucket on ${bucket}, s3:GetObject on ${objects}`];
  });
}

function wantedPort(given: number | undefined, hostNetwork: boolean): number {
  const port = wholeNumber(given, "--port", { from: 1, to: 65_535 });
  if (port === undefined) return hostNetwork ? GUARD.hostNetworkPort : GUARD.port;
  if (!hostNetwork || port !== GUARD.port) return port;
  throw new Failure("usage", `--port ${port} is the kubelet's on the node's network`, {
    hint: `leave --port out (${GUARD.hostNetworkPort}) or choose another`,
  });
}

function wholeNumber(
  value: number | undefined,
  flag: string,
  { from, to }: { readonly from: number; readonly to: number },
): number | undefined {
  if (value === undefined || (Number.isInteger(value) && value >= from && value <= to)) return value;
  throw new Failure("usage", `${flag}: ${value} is not a whole number from ${from} to ${to}`);
}

function wantedComponents({ annotate, monitoring }: InstallFlags): readonly GuardComponent[] {
  return [
    ...(annotate === "all" ? ["annotate-all" as const] : []),
    ...(annotate === "workloads" ? ["annotate-workloads" as const] : []),
    ...(monitoring === true ? ["monitoring" as const] : []),
  ];
}
