import * as z from "zod";
import type { Cluster, ObjectRef, WriteReply } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { SECRETS } from "#core/model/known-kinds.ts";
import type { SecretValues } from "./material.ts";

const StoredSecret = z.looseObject({
  metadata: z.looseObject({}),
  data: z.record(z.string(), z.string()).nullish(),
});

export interface FoundSecret {
  readonly values: SecretValues;
  /** Only if nobody has changed it since; false: somebody has, or it is gone. */
  replace(values: SecretValues, signal: AbortSignal): Promise<boolean>;
}

export interface TlsSecret {
  find(signal: AbortSignal): Promise<FoundSecret | undefined>;
  /** false: somebody else was first. */
  create(values: SecretValues, signal: AbortSignal): Promise<boolean>;
}

/** The Secret through which the replicas agree: each write names the state it was made from, so one of them wins. */
export function tlsSecret(
  cluster: Cluster,
  { namespace, name }: { namespace: string; name: string },
): TlsSecret {
  const ref: ObjectRef = { resource: SECRETS, namespace, name };
  return {
    async find(signal) {
      const body = await cluster.get(ref, signal);
      if (body === undefined) return undefined;
      const stored = StoredSecret.parse(JSON.parse(Buffer.from(body).toString("utf8")));
      const { data } = stored;
      return {
        values: Object.fromEntries(Object.entries(data ?? {}).map(([key, value]) => [key, decoded(value)])),
        replace: async (values, until) => {
          const next = Buffer.from(JSON.stringify({ ...stored, data: encoded(values) }));
          return isOurs(await cluster.replace(ref, next, { signal: until }), [404, 409]);
        },
      };
    },
    async create(values, signal) {
      const secret = {
        apiVersion: "v1",
        kind: "Secret",
        type: "kubernetes.io/tls",
        metadata: { name, namespace, labels: { "app.kubernetes.io/name": GUARD.name } },
        data: encoded(values),
      };
      return isOurs(await cluster.create(ref, Buffer.from(JSON.stringify(secret)), { signal }), [409]);
    },
  };
}

function isOurs(reply: WriteReply, lost: readonly number[]): boolean {
  if (reply.ok) return true;
  if (lost.includes(reply.status)) return false;
  throw new Failure("cluster-error", `the certificate's Secret cannot be written: ${reply.message}`, {
    reply: { status: reply.status, reason: reply.reason },
  });
}

function decoded(value: string): string {
  return Buffer.from(value, "base64").toString("utf8");
}

function encoded(values: SecretValues): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );
}
