import { readFile } from "node:fs/promises";
import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex } from "@noble/hashes/utils.js";
import { Failure } from "#core/model/errors.ts";
import type { ClusterTls } from "./access.ts";
import type { ClusterEntry, UserEntry } from "./kubeconfig.ts";

/** Reads what the entries hold or point to. Data in the kubeconfig goes before a file (kubectl's rule). */
export async function loadTls(cluster: ClusterEntry, user: UserEntry): Promise<ClusterTls> {
  const [ca, cert, key] = await Promise.all([
    loadPem("certificate-authority", cluster.certificateAuthorityData, cluster.certificateAuthority),
    loadPem("client-certificate", user.clientCertificateData, user.clientCertificate),
    loadPem("client-key", user.clientKeyData, user.clientKey),
  ]);
  if (ca !== undefined && cluster.insecureSkipTlsVerify) {
    throw new Failure(
      "kubeconfig-broken",
      "the cluster has certificate-authority and insecure-skip-tls-verify: only one can hold",
    );
  }
  if ((cert === undefined) !== (key === undefined)) {
    throw new Failure(
      "kubeconfig-broken",
      "client-certificate and client-key belong together: one is missing",
    );
  }
  const servername = cluster.tlsServerName;
  return { ca, cert, key, servername, rejectUnauthorized: !cluster.insecureSkipTlsVerify };
}

/**
 * Names a set of authorities whatever their order, line ends and comments: sha256 of the sorted DER certificates. Not by
 * Node's own, which takes 7 ms to load: `get` asks for nothing else of it.
 */
export function caFingerprint(ca: string): string {
  const blocks = ca.matchAll(/-----BEGIN CERTIFICATE-----([^-]*)-----END CERTIFICATE-----/g);
  const certificates = [...blocks].map(([, body]) => Buffer.from(body ?? "", "base64")).sort(Buffer.compare);
  if (certificates.length === 0) {
    throw new Failure("kubeconfig-broken", "certificate-authority holds no certificate");
  }
  return bytesToHex(sha256(Buffer.concat(certificates)));
}

async function loadPem(
  field: string,
  data: string | undefined,
  file: string | undefined,
): Promise<string | undefined> {
  const pem = data ? Buffer.from(data, "base64").toString("latin1") : await readPem(field, file);
  if (pem === undefined || pem.includes("-----BEGIN ")) return pem;
  const place = data ? `${field}-data` : `${field} ${file}`;
  throw new Failure("kubeconfig-broken", `${place} does not hold PEM`);
}

async function readPem(field: string, file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file, "latin1");
  } catch (cause) {
    throw new Failure("kubeconfig-broken", `${field} ${file} cannot be read`, { cause });
  }
}
