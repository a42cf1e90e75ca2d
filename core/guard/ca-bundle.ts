import { X509Certificate } from "node:crypto";

/**
 * PEM of several certificates → each of its own, with what stands before it. What is no certificate is kept, so that it
 * is found out, but for text behind the last one: whoever reads PEM passes over it.
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

/**
 * Of each part what it certifies; undefined: it is no certificate, or has a block of another kind before it. Whoever reads
 * PEM passes over such a block, and a private key there would be written where many may read it.
 */
export function readCertificates(pem: string): readonly (X509Certificate | undefined)[] {
  return splitCertificates(pem).map((part) =>
    /-----BEGIN (?!CERTIFICATE-----)/.test(part) ? undefined : readCertificate(part),
  );
}

/** One or several, with text at most besides. */
export function holdsCertificates(pem: string): boolean {
  const certificates = readCertificates(pem);
  return certificates.length > 0 && !certificates.includes(undefined);
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
  const authorities = readCertificates(bundle);
  if (authorities.length === 0) return "it is empty";
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
