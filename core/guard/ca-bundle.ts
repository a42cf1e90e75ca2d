import { X509Certificate } from "node:crypto";

/**
 * PEM of several certificates → each of its own, with the text before it. What is no certificate is kept, so that it is
 * found out, but for text behind the last one: whoever reads PEM passes over it.
 */
export function splitCertificates(pem: string): readonly string[] {
  return pem
    .split(/(?<=-----END CERTIFICATE-----)/)
    .map((part) => part.trim())
    .filter((part, n) => part !== "" && (n === 0 || /-----(BEGIN|END) /.test(part)));
}

export function readCertificate(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

/** One or several, and nothing else. */
export function holdsCertificates(pem: string): boolean {
  const parts = splitCertificates(pem);
  return parts.length > 0 && parts.every((part) => readCertificate(part) !== undefined);
}

/** Did that authority sign it? Names alone prove nothing. */
export function isSignedBy(certificate: X509Certificate, authority: X509Certificate): boolean {
  return certificate.checkIssued(authority) && certificate.verify(authority.publicKey);
}

export function isValidAt(certificate: X509Certificate, now: Date): boolean {
  return certificate.validFromDate <= now && now < certificate.validToDate;
}

/**
 * What is wrong with a caBundle for that serving certificate; undefined: nothing. With a bundle that cannot be read or
 * does not fit, the API server could reach the guard no more, and protected namespaces could not be deleted at all.
 */
export function caBundleProblem(bundle: string, serving: string, now: Date): string | undefined {
  const parts = splitCertificates(bundle);
  if (parts.length === 0) return "it is empty";
  const authorities = parts.map(readCertificate);
  if (authorities.includes(undefined)) return "it holds something that is no certificate";
  const read = authorities.filter((one) => one !== undefined);
  if (read.some((one) => !one.ca)) return "it holds a certificate that is no authority's";
  const served = splitCertificates(serving).map(readCertificate)[0];
  if (served === undefined) return "the serving certificate cannot be read";
  const signer = read.find((one) => isSignedBy(served, one));
  if (signer === undefined) return "none of its authorities signed the serving certificate";
  return isValidAt(signer, now)
    ? undefined
    : "the authority that signed the serving certificate is not valid now";
}
