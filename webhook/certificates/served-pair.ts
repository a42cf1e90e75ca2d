import { X509Certificate } from "node:crypto";
import type { ServedPair } from "./certificates.ts";
import type { KeyPair } from "./issue.ts";

/** The first certificate is the leaf; what follows it is its chain. */
export function servedPair({ key, cert }: KeyPair): ServedPair {
  return { key, cert, notAfter: new X509Certificate(cert).validToDate };
}
