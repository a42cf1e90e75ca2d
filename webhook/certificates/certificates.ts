/**
 * certificates: what the guard serves, and that the API servers trust it. Its one rule: at no moment may a replica serve
 * what the announced bundle does not vouch for, since nobody could then delete a protected namespace. Times are the API
 * server's. It must not know reviews.
 */
import type { Cluster } from "#core/kube/cluster.ts";
import { STEP_POLICY, type StepPolicy } from "./next-step.ts";

export interface ServedPair {
  /** PEM. */
  readonly key: string;
  readonly cert: string;
  readonly notAfter: Date;
}

export interface Certificates {
  current(): ServedPair;
  /** Renews, follows and announces until the signal fires; trouble is told and tried again. */
  keepFresh(signal: AbortSignal): Promise<void>;
  close(): void;
}

export interface CertificateListener {
  /** Another pair is to be served from now on. */
  readonly onChange: (pair: ServedPair) => void;
  /** What went wrong; the pair at hand is served on. */
  readonly onTrouble: (message: string) => void;
}

export interface CertificateSettings {
  readonly namespace: string;
  readonly service: string;
  readonly webhookConfiguration: string;
  readonly tlsSecret: string;
  /** Given: a pair made by others lies in it (tls.crt, tls.key, maybe ca.crt), and none is made here. */
  readonly tlsFolder?: string | undefined;
  readonly stepPolicy?: StepPolicy | undefined;
}

export async function openCertificates(
  settings: CertificateSettings,
  cluster: Cluster,
  listener: CertificateListener,
): Promise<Certificates> {
  const { tlsFolder, stepPolicy: policy = STEP_POLICY } = settings;
  if (tlsFolder !== undefined) {
    const { openSupplied } = await import("./supplied.ts");
    return openSupplied({ ...settings, tlsFolder, policy }, cluster, listener);
  }
  const { openOwn } = await import("./own.ts");
  return openOwn({ ...settings, policy }, cluster, listener);
}
