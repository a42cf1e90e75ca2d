import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { GUARD } from "#core/model/guard.ts";
import { WEBHOOK_CONFIGURATIONS } from "#core/model/known-kinds.ts";
import type { GuardObject } from "./render-guard.ts";

export interface ConfigurationCheck {
  readonly problem: string;
}

export const NO_CONFIGURATION: ConfigurationCheck = {
  problem: `there is no webhook configuration ${GUARD.name}`,
};

const Configuration = z.looseObject({ webhooks: z.array(z.looseObject({ name: z.string() })).nullish() });
type Webhook = Readonly<Record<string, unknown>>;

/** What the API server goes by; of the caBundle the guard takes care itself. */
const COMPARED = [
  "rules",
  "failurePolicy",
  "namespaceSelector",
  "objectSelector",
  "matchConditions",
  "matchPolicy",
  "timeoutSeconds",
  "sideEffects",
  "admissionReviewVersions",
];
const SELECTORS = ["namespaceSelector", "objectSelector"];

/** Where the live webhook configuration differs from the shipped one so that namespaces are not protected as promised. */
export async function checkConfiguration(
  shipped: GuardObject,
  cluster: Cluster,
  signal: AbortSignal,
): Promise<readonly ConfigurationCheck[]> {
  const body = await cluster.get(
    { resource: WEBHOOK_CONFIGURATIONS, namespace: "", name: GUARD.name },
    signal,
  );
  if (body === undefined) return [NO_CONFIGURATION];
  const live = webhookOf(JSON.parse(Buffer.from(body).toString("utf8")));
  if (live === undefined) return [{ problem: `the webhook configuration has no webhook ${GUARD.webhook}` }];
  const wanted = webhookOf(shipped) ?? {};
  const changed = COMPARED.filter((field) => !isDeepStrictEqual(live[field], wanted[field]));
  return [...changed.map(changeOf), ...serviceProblems(live, wanted)];
}

function changeOf(field: string): ConfigurationCheck {
  const cause = SELECTORS.includes(field)
    ? " (some clouds rewrite selectors; install again, or exempt it there)"
    : "";
  return { problem: `${field} of the webhook configuration is not as installed${cause}` };
}

/** Whoever calls the guard by URL has set it up so; where that leads nobody can tell from here. */
function serviceProblems(live: Webhook, wanted: Webhook): readonly ConfigurationCheck[] {
  const called = serviceOf(live);
  if (called === undefined || isDeepStrictEqual(called, serviceOf(wanted))) return [];
  return [{ problem: "the Service that is asked is not as installed" }];
}

const Client = z.looseObject({ service: z.unknown().optional() });

function serviceOf({ clientConfig }: Webhook): unknown {
  return Client.safeParse(clientConfig).data?.service;
}

function webhookOf(configuration: unknown): Webhook | undefined {
  const { webhooks } = Configuration.parse(configuration);
  return webhooks?.find(({ name }) => name === GUARD.webhook);
}
