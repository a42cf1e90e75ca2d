import { createPrivateKey, type X509Certificate } from "node:crypto";
import { isSignedBy, isValidAt, readCertificate } from "#core/guard/ca-bundle.ts";
import type { KeyPair } from "./issue.ts";

/** What the Secret holds: the authority, the pair that is served, and during a change the authority that was. */
export interface TlsMaterial {
  readonly authority: KeyPair;
  readonly serving: KeyPair;
  /** Its certificate alone: it signs nothing any more. */
  readonly previousAuthority?: string | undefined;
}

/** A Secret's values, decoded; nothing is taken for granted of what they say. */
export type SecretValues = Readonly<Record<string, string>>;

export function materialOf(values: SecretValues): TlsMaterial {
  const pair = (name: string) => ({ key: values[`${name}.key`] ?? "", cert: values[`${name}.crt`] ?? "" });
  const previous = values["ca-previous.crt"];
  return { authority: pair("ca"), serving: pair("tls"), previousAuthority: previous || undefined };
}

export function secretValues({ authority, serving, previousAuthority }: TlsMaterial): SecretValues {
  return {
    "ca.crt": authority.cert,
    "ca.key": authority.key,
    "tls.crt": serving.cert,
    "tls.key": serving.key,
    ...(previousAuthority !== undefined && { "ca-previous.crt": previousAuthority }),
  };
}

/** What the API server is told to trust. */
export function caBundleOf({ authority, previousAuthority }: TlsMaterial): string {
  return [authority.cert, previousAuthority ?? ""]
    .map((pem) => pem.trim())
    .filter((pem) => pem !== "")
    .map((pem) => `${pem}\n`)
    .join("");
}

/** The certificate, where the pair can be used now: read, valid, and with the key that belongs to it. */
export function usablePair({ key, cert }: KeyPair, now: Date): X509Certificate | undefined {
  const certificate = readCertificate(cert);
  if (certificate === undefined || !isValidAt(certificate, now)) return undefined;
  try {
    return certificate.checkPrivateKey(createPrivateKey(key)) ? certificate : undefined;
  } catch {
    return undefined;
  }
}

/** Which of the authorities that we would announce vouches for what is served. */
export function signerOf(material: TlsMaterial, now: Date): X509Certificate | undefined {
  const served = usablePair(material.serving, now);
  if (served === undefined) return undefined;
  return [material.authority.cert, material.previousAuthority ?? ""]
    .map(readCertificate)
    .filter((one) => one !== undefined)
    .find((one) => one.ca && isValidAt(one, now) && isSignedBy(served, one));
}
