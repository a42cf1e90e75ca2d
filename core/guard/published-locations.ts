import { parseDocument } from "yaml";
import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { CONFIG_MAPS } from "#core/model/known-kinds.ts";
import { LocationsFile } from "#core/model/locations-file.ts";
import { hintIfForbidden } from "./hint-if-forbidden.ts";

export interface PublishedLocations {
  /** One of them. */
  readonly default: string;
  /** Name → URL, as it is written there. */
  readonly locations: Readonly<Record<string, string>>;
}

const REF = { resource: CONFIG_MAPS, namespace: GUARD.namespace, name: GUARD.locations } as const;
const TITLE = `the ConfigMap ${GUARD.namespace}/${GUARD.locations}`;
const ConfigMap = z.looseObject({ data: z.record(z.string(), z.string()).nullish() });

/** Where the guard looks for backups, as `install` wrote it into the cluster. Never holds a secret. */
export async function readPublishedLocations(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<PublishedLocations> {
  const body = await hintIfForbidden(READ_RIGHTS, () => cluster.get(REF, signal));
  if (body === undefined) {
    throw new Failure("object-not-found", `this cluster publishes no locations: ${TITLE} does not exist`, {
      hint: "kubectl backup install --help shows how they are published; with the URL at hand: kubectl backup location add NAME URL",
    });
  }
  const { data } = ConfigMap.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  const config = parseConfig(data?.[GUARD.locationsKey] ?? "");
  const [first] = Object.keys(config.locations);
  if (first === undefined) {
    throw new Failure("object-not-found", `${TITLE} names no location`, {
      hint: "kubectl backup install --location NAME|URL … publishes one",
    });
  }
  const wanted = config.default ?? first;
  return { default: wanted in config.locations ? wanted : first, locations: config.locations };
}

const READ_RIGHTS = `whoever may: kubectl -n ${GUARD.namespace} create role ${GUARD.locations} --verb=get --resource=configmaps --resource-name=${GUARD.locations} && kubectl -n ${GUARD.namespace} create rolebinding ${GUARD.locations} --role=${GUARD.locations} --user=USER`;

function parseConfig(text: string): LocationsFile {
  const document = parseDocument(text, { prettyErrors: false });
  const read = LocationsFile.safeParse(document.toJS() ?? {});
  const problem = document.errors[0]?.message ?? read.error?.issues[0]?.message;
  if (read.success && problem === undefined) return read.data;
  throw new Failure("cluster-error", `${TITLE} cannot be understood: ${GUARD.locationsKey}: ${problem}`, {
    hint: `kubectl -n ${GUARD.namespace} get configmap ${GUARD.locations} -o yaml shows it; kubectl backup install writes it anew`,
  });
}
