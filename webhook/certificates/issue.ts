import { createPrivateKey } from "node:crypto";
import { isIP } from "node:net";
import type { generate } from "./selfsigned.ts";

/** PEM. */
export interface KeyPair {
  readonly key: string;
  readonly cert: string;
}

/** Certificates hold from an hour before they are made, for API servers whose clocks go after. */
export const BACKDATED_MS = 3_600_000;
const DAY_MS = 86_400_000;

export interface Term {
  /** By the API server's clock. */
  readonly now: Date;
  readonly days: number;
}

/** Each authority has a name of its own, so that during a change a client cannot mistake one for the other. */
export async function issueAuthority(term: Term): Promise<KeyPair> {
  return issue(`kubectl-backup-guard-ca-${term.now.getTime()}`, {
    ...dates(term),
    extensions: [
      { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
}

/** Go reads only subject alternative names: a certificate with no more than a common name is refused. */
export async function issueServing(
  authority: KeyPair,
  hosts: readonly string[],
  term: Term,
): Promise<KeyPair> {
  const altNames = hosts.map((host) =>
    isIP(host) === 0 ? { type: 2 as const, value: host } : { type: 7 as const, ip: host },
  );
  return issue("kubectl-backup-guard", {
    ...dates(term),
    ca: { ...authority },
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
}

function dates({ now, days }: Term) {
  return {
    notBeforeDate: new Date(now.getTime() - BACKDATED_MS),
    notAfterDate: new Date(now.getTime() + days * DAY_MS),
  };
}

async function issue(commonName: string, options: Parameters<typeof generate>[1]): Promise<KeyPair> {
  const subject = [{ shortName: "CN", value: commonName }];
  // Needed once a year, it would take fifteen megabytes of a replica's memory for ever.
  const selfsigned = await import("./selfsigned.ts");
  const made = await selfsigned.generate(subject, {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    ...options,
  });
  // OpenSSL reads it in every form; one form keeps the Secret's bytes comparable.
  const key = createPrivateKey(made.private).export({ type: "pkcs8", format: "pem" }).toString();
  return { key, cert: made.cert };
}
