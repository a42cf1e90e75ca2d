import type { X509Certificate } from "node:crypto";
import * as z from "zod";
import type { Cluster } from "#core/kube/cluster.ts";
import { isFailure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import { type HealthCheck, healthCheck, healthy } from "#core/model/health-check.ts";
import { SECRETS, WEBHOOK_CONFIGURATIONS } from "#core/model/known-kinds.ts";
import {
  caBundleProblem,
  isValidAt,
  readCertificate,
  readCertificates,
  splitCertificates,
} from "./ca-bundle.ts";
import { VIEWER_RIGHTS } from "./viewer-rights.ts";

const Configuration = z.looseObject({
  webhooks: z
    .array(
      z.looseObject({
        name: z.string(),
        clientConfig: z.looseObject({ caBundle: z.string().optional() }),
      }),
    )
    .nullish(),
});
const Secret = z.looseObject({ data: z.record(z.string(), z.string()).nullish() });

const LOG = `kubectl -n ${GUARD.namespace} logs deploy/${GUARD.name} shows what keeps it from that`;

/** Do API servers trust what the guard serves, and for how long? `now` by the API server's clock. */
export function checkCertificate(cluster: Cluster, now: Date, signal: AbortSignal): Promise<HealthCheck> {
  return healthCheck("certificate", VIEWER_RIGHTS, async () => {
    const bundle = await readBundle(cluster, signal);
    if (bundle === undefined) {
      const detail = "the webhook configuration names no authority: the guard writes it there when it starts";
      return { state: "failed", detail, help: [LOG] };
    }
    const serving = await readServing(cluster, signal);
    return typeof serving === "string"
      ? fitting(bundle, serving, now)
      : authoritiesOnly(bundle, now, serving);
  });
}

type Finding = Omit<HealthCheck, "check">;

function fitting(bundle: string, serving: string, now: Date): Finding {
  const problem = caBundleProblem(bundle, serving, now);
  if (problem !== undefined) {
    return {
      state: "failed",
      detail: `API servers do not trust the guard: caBundle: ${problem}`,
      help: [LOG],
    };
  }
  const [certificate] = splitCertificates(serving).map(readCertificate);
  return certificate === undefined
    ? { state: "failed", detail: "the served certificate cannot be read", help: [LOG] }
    : lasting("the served certificate", certificate, now);
}

function authoritiesOnly(bundle: string, now: Date, why: { readonly unread: string }): Finding {
  const authorities = readCertificates(bundle);
  const [newest] = authorities
    .filter((one) => one !== undefined)
    .toSorted((a, b) => b.validToDate.getTime() - a.validToDate.getTime());
  if (newest === undefined || authorities.includes(undefined)) {
    return { state: "failed", detail: "caBundle: it holds something that is no certificate", help: [LOG] };
  }
  const { state, detail, help } = lasting("its authority", newest, now);
  return { state, detail: `${detail}; ${why.unread}`, help };
}

/** The guard renews at two thirds of a life. */
const RENEWED_BEFORE = 1 / 4;

function lasting(what: string, certificate: X509Certificate, now: Date): Finding {
  const [from, until] = [certificate.validFromDate.getTime(), certificate.validToDate.getTime()];
  const end = certificate.validToDate.toISOString().slice(0, 10);
  if (!isValidAt(certificate, now)) {
    const detail = `${what} is not valid now: from ${certificate.validFromDate.toISOString()} to ${certificate.validToDate.toISOString()}`;
    return { state: "failed", detail, help: [LOG] };
  }
  if (until - now.getTime() >= (until - from) * RENEWED_BEFORE)
    return healthy(`${what} is valid until ${end}`);
  return { state: "warning", detail: `${what} should have been renewed: it ends ${end}`, help: [LOG] };
}

/** PEM. */
async function readBundle(cluster: Cluster, signal: AbortSignal): Promise<string | undefined> {
  const ref = { resource: WEBHOOK_CONFIGURATIONS, namespace: "", name: GUARD.name };
  const body = await cluster.get(ref, signal);
  if (body === undefined) return undefined;
  const { webhooks } = Configuration.parse(JSON.parse(Buffer.from(body).toString("utf8")));
  const caBundle = webhooks?.find(({ name }) => name === GUARD.webhook)?.clientConfig.caBundle;
  return caBundle === undefined ? undefined : decoded(caBundle);
}

/** Of the Secret nothing but the certificate is looked at. */
async function readServing(
  cluster: Cluster,
  signal: AbortSignal,
): Promise<string | { readonly unread: string }> {
  const ref = { resource: SECRETS, namespace: GUARD.namespace, name: GUARD.tlsSecret };
  try {
    const body = await cluster.get(ref, signal);
    const { data } = Secret.parse(body === undefined ? {} : JSON.parse(Buffer.from(body).toString("utf8")));
    const served = data?.["tls.crt"];
    return served === undefined
      ? { unread: `the Secret ${GUARD.namespace}/${GUARD.tlsSecret} holds none that is served` }
      : decoded(served);
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    return { unread: `what it serves could not be looked at: ${error.message}` };
  }
}

function decoded(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
