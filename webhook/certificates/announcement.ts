import * as z from "zod";
import { caBundleProblem } from "#core/guard/ca-bundle.ts";
import type { Cluster, ObjectRef } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { WEBHOOK_CONFIGURATIONS } from "#core/model/known-kinds.ts";

const StoredConfiguration = z.looseObject({
  metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).nullish() }),
  webhooks: z
    .array(
      z.looseObject({
        clientConfig: z.looseObject({ url: z.string().optional(), caBundle: z.string().optional() }),
      }),
    )
    .nullish(),
});
type StoredConfiguration = z.infer<typeof StoredConfiguration>;

/** cert-manager's mark: it writes the bundle then, and nobody else may. */
const INJECTED = "cert-manager.io/inject-ca-from";

/** The webhook configuration as it was read: whom the API servers trust, and under which address they call. */
export interface Announcement {
  readonly isInjectedByOthers: boolean;
  /** Hosts of webhooks that are called by URL instead of through a Service. */
  readonly urlHosts: readonly string[];
  /** Does every webhook of it trust exactly that, or more? */
  announces(authority: string): boolean;
  /** false: somebody has changed the configuration since. A bundle that would not work is refused. */
  write(bundle: string, check: { serving: string; now: Date; signal: AbortSignal }): Promise<boolean>;
}

export async function readAnnouncement(
  cluster: Cluster,
  name: string,
  signal: AbortSignal,
): Promise<Announcement | undefined> {
  const ref: ObjectRef = { resource: WEBHOOK_CONFIGURATIONS, namespace: "", name };
  const body = await cluster.get(ref, signal);
  if (body === undefined) return undefined;
  const stored = StoredConfiguration.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  const clients = (stored.webhooks ?? []).map(({ clientConfig }) => clientConfig);
  const bundles = clients.map(({ caBundle }) => Buffer.from(caBundle ?? "", "base64").toString("utf8"));
  return {
    isInjectedByOthers: INJECTED in (stored.metadata.annotations ?? {}),
    urlHosts: clients.flatMap(({ url }) => (url === undefined ? [] : [hostOf(url)])),
    announces: (authority) => bundles.every((bundle) => bundle.includes(authority.trim())),
    write: async (bundle, { serving, now, signal: until }) => {
      if (bundles.every((one) => one === bundle)) return true;
      const problem = caBundleProblem(bundle, serving, now);
      if (problem !== undefined) throw new Failure("refused", `the caBundle was not written: ${problem}`);
      return await replaced(cluster, { ref, stored: withBundle(stored, bundle), signal: until });
    },
  };
}

function hostOf(url: string): string {
  return new URL(url).hostname.replace(/^\[|\]$/g, "");
}

function withBundle(stored: StoredConfiguration, bundle: string): StoredConfiguration {
  const caBundle = Buffer.from(bundle).toString("base64");
  return {
    ...stored,
    webhooks: (stored.webhooks ?? []).map((webhook) => ({
      ...webhook,
      clientConfig: { ...webhook.clientConfig, caBundle },
    })),
  };
}

/** With the resourceVersion it was read at. */
async function replaced(
  cluster: Cluster,
  { ref, stored, signal }: { ref: ObjectRef; stored: StoredConfiguration; signal: AbortSignal },
): Promise<boolean> {
  const reply = await cluster.replace(ref, Buffer.from(JSON.stringify(stored)), { signal });
  if (reply.ok) return true;
  if (reply.status === 404 || reply.status === 409) return false;
  throw new Failure("cluster-error", `the caBundle cannot be written: ${reply.message}`, {
    reply: { status: reply.status, reason: reply.reason },
  });
}
