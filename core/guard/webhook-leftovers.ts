import { isDeepStrictEqual } from "node:util";
import * as z from "zod";
import type { GuardObject } from "./render-guard.ts";

const Configuration = z.looseObject({
  webhooks: z.array(z.looseObject({ name: z.string(), matchConditions: z.unknown().optional() })),
});

/**
 * The webhook configuration without what server-side apply leaves of others: webhooks of other names, which ask somebody
 * who may not answer, and conditions, which keep reviews from the guard. undefined: there is nothing of the kind.
 */
export function withoutLeftovers(live: Uint8Array, shipped: GuardObject): Uint8Array | undefined {
  const stored = Configuration.parse(JSON.parse(Buffer.from(live).toString("utf8")));
  const wanted = new Map(Configuration.parse(shipped).webhooks.map((webhook) => [webhook.name, webhook]));
  const webhooks = stored.webhooks
    .filter(({ name }) => wanted.has(name))
    .map((webhook) => ({ ...webhook, matchConditions: wanted.get(webhook.name)?.matchConditions }));
  if (isDeepStrictEqual(webhooks, stored.webhooks)) return undefined;
  return Buffer.from(JSON.stringify({ ...stored, webhooks }));
}
