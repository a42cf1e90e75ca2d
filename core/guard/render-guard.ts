/**
 * guard: the webhook as seen from outside: how it is put into a cluster and taken out, whether it answers, and what it
 * would say, from evidence that is gathered here for both of them. Its one rule: manifests/ is the only description of
 * what is installed; here it is only filled in. It must not know terminals, nor decide about namespaces: that is
 * protection's.
 */
import { createHash } from "node:crypto";
import { parseAllDocuments, parse as parseYaml, stringify } from "yaml";
import * as z from "zod";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import type { LocationsFile } from "#core/model/locations-file.ts";
import { deploymentWith } from "./guard-deployment.ts";

export interface GuardObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

export type Credentials =
  | { readonly from: "secret"; readonly name: string }
  | { readonly from: "service-account" };

/** What holds the PEM of the authority that signed the certificates of the locations' servers. */
export interface LocationAuthority {
  readonly from: "configmap" | "secret";
  readonly name: string;
}

/** Parts of manifests/ that are installed only when they are asked for. */
const COMPONENTS = ["annotate-all", "annotate-workloads", "monitoring"] as const;
export type GuardComponent = (typeof COMPONENTS)[number];

export interface GuardOptions {
  /** By digest. */
  readonly image: string;
  readonly imagePullSecret?: string | undefined;
  readonly locations: Pick<LocationsFile, "default" | "locations">;
  readonly credentials: Credentials;
  /** Absent: one that everybody trusts. */
  readonly locationCa?: LocationAuthority | undefined;
  readonly replicas?: number | undefined;
  readonly port: number;
  readonly hostNetwork: boolean;
  readonly components: readonly GuardComponent[];
}

type Files = Readonly<Record<string, string>>;

const Kustomization = z.looseObject({ resources: z.array(z.string()) });
const Manifest = z.looseObject({
  apiVersion: z.string(),
  kind: z.string(),
  metadata: z.looseObject({
    name: z.string(),
    namespace: z.string().exactOptional(),
    labels: z.record(z.string(), z.string()).exactOptional(),
  }),
});

/** Every object of the guard, in the order in which they are to be applied: the webhook configuration comes last. */
export function renderGuard(files: Files, options: GuardOptions): readonly GuardObject[] {
  const config = stringify({ ...options.locations }, { lineWidth: 0 });
  return shipped(files, options.components).map((object) => filledIn(object, { options, config }));
}

/** Whatever may have been installed, as it is shipped. */
export function allGuardObjects(files: Files): readonly GuardObject[] {
  return shipped(files, COMPONENTS);
}

/** The webhook configuration as it is shipped. */
export function shippedConfiguration(files: Files): GuardObject {
  const found = shipped(files, []).find(({ kind }) => kind === "ValidatingWebhookConfiguration");
  if (found === undefined) throw new Failure("internal", "manifests/ hold no webhook configuration");
  return found;
}

/** Rights and rules before the rest; namespaces before all. */
function shipped(files: Files, components: readonly GuardComponent[]): readonly GuardObject[] {
  const isNamespace = ({ kind }: GuardObject) => kind === "Namespace";
  const folders = [...components.map((component) => `${component}/`), ""];
  const objects = folders.flatMap((folder) => resourcesOf(files, folder));
  return [...objects.filter(isNamespace), ...objects.filter((object) => !isNamespace(object))];
}

function resourcesOf(files: Files, folder: string): readonly GuardObject[] {
  const { resources } = Kustomization.parse(parseYaml(textOf(files, `${folder}kustomization.yaml`)));
  return resources.flatMap((name) =>
    parseAllDocuments(textOf(files, `${folder}${name}`)).map((document) => Manifest.parse(document.toJS())),
  );
}

function textOf(files: Files, name: string): string {
  const text = files[name];
  if (text === undefined) throw new Failure("internal", `manifests/${name} is missing`);
  return text;
}

function filledIn(
  object: GuardObject,
  { options, config }: { options: GuardOptions; config: string },
): GuardObject {
  if (object.kind === "ConfigMap" && object.metadata.name === GUARD.locations) {
    return { ...object, data: { [GUARD.locationsKey]: config } };
  }
  if (object.kind !== "Deployment") return object;
  const configSha256 = createHash("sha256").update(config).digest("hex");
  return deploymentWith(object, options, configSha256);
}
