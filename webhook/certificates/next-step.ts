import type { X509Certificate } from "node:crypto";
import { BACKDATED_MS } from "./issue.ts";
import { signerOf, type TlsMaterial, usablePair } from "./material.ts";

/**
 * What is to be done about the certificates, decided from them and the API server's clock alone. Each step leaves a state
 * in which every replica, served whichever of the pairs it holds, is trusted by the bundle of before and after:
 *
 *   change the authority   new one made, the old one's certificate kept, the pair stays → wait → the pair is signed by the
 *   new one → wait → the old one's certificate goes.
 */
export type Step = "keep" | "make-all" | "change-authority" | "renew-serving" | "drop-previous";

export interface StepPolicy {
  readonly authorityDays: number;
  readonly servingDays: number;
  /** How long the old and the new are both good: API servers learn of a bundle, replicas of a pair, in seconds. */
  readonly overlapSeconds: number;
  /** How often a replica looks; a small part of the overlap. */
  readonly checkSeconds: number;
}

export const STEP_POLICY: StepPolicy = {
  authorityDays: 3650,
  servingDays: 365,
  overlapSeconds: 300,
  checkSeconds: 30,
};

export interface Circumstances {
  readonly now: Date;
  /** What the served certificate must answer for. */
  readonly hosts: readonly string[];
  /** Do API servers trust the authority already, as far as the configuration tells? */
  readonly isAnnounced: boolean;
  readonly policy: StepPolicy;
}

export function nextStep(material: TlsMaterial, around: Circumstances): Step {
  const { now } = around;
  const authority = usableAuthority(material, now);
  const signer = signerOf(material, now);
  if (authority === undefined) return signer === undefined ? "make-all" : "change-authority";
  const served = usablePair(material.serving, now);
  if (served === undefined || signer === undefined) return "renew-serving";
  if (material.previousAuthority !== undefined) return changeStep(authority, served, { ...around, signer });
  if (isDue(authority, now)) return "change-authority";
  return isDue(served, now) || !answersFor(served, around.hosts) ? "renew-serving" : "keep";
}

function usableAuthority({ authority }: TlsMaterial, now: Date): X509Certificate | undefined {
  const certificate = usablePair(authority, now);
  return certificate?.ca === true ? certificate : undefined;
}

function changeStep(
  authority: X509Certificate,
  served: X509Certificate,
  { now, isAnnounced, policy, signer }: Circumstances & { readonly signer: X509Certificate },
): Step {
  const isOld = signer.fingerprint256 !== authority.fingerprint256;
  const waited = (since: X509Certificate) => now.getTime() >= madeAt(since) + policy.overlapSeconds * 1000;
  if (isOld) return isAnnounced && waited(authority) ? "renew-serving" : "keep";
  return waited(served) ? "drop-previous" : "keep";
}

/** Two thirds of a life leave a third for whatever keeps the renewal from happening. */
function isDue(certificate: X509Certificate, now: Date): boolean {
  const [from, to] = [madeAt(certificate), certificate.validToDate.getTime()];
  return now.getTime() >= from + ((to - from) * 2) / 3;
}

function madeAt(certificate: X509Certificate): number {
  return certificate.validFromDate.getTime() + BACKDATED_MS;
}

function answersFor(served: X509Certificate, hosts: readonly string[]): boolean {
  return hosts.every((host) => served.checkHost(host) !== undefined || served.checkIP(host) !== undefined);
}
