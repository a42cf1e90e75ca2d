import { createPrivateKey, generateKeyPairSync } from "node:crypto";
import { isIP } from "node:net";
import { generate } from "selfsigned";

export type KeyPair = { readonly key: string; readonly cert: string };

/** A certificate authority of our own. */
export async function createAuthority(name: string): Promise<KeyPair> {
  return issue([{ shortName: "CN", value: name }], {
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    ],
  });
}

/** A serving certificate for DNS names and addresses. */
export async function issueServer(ca: KeyPair, hosts: readonly string[]): Promise<KeyPair> {
  const altNames = hosts.map((host) =>
    isIP(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host },
  );
  return issue([{ shortName: "CN", value: hosts[0] ?? "localhost" }], {
    ca: { ...ca },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
}

/** A client certificate as Kubernetes reads it: the common name is the user, each organisation a group. */
export async function issueClient(
  ca: KeyPair,
  { user, groups = [] }: { readonly user: string; readonly groups?: readonly string[] },
): Promise<KeyPair> {
  const subject = [...groups.map((value) => ({ shortName: "O", value })), { shortName: "CN", value: user }];
  return issue(subject, {
    ca: { ...ca },
    extensions: [
      { name: "basicConstraints", cA: false },
      { name: "keyUsage", digitalSignature: true },
      { name: "extKeyUsage", clientAuth: true },
    ],
  });
}

/** A bare key pair in PEM, with which the API server signs service account tokens. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  return generateKeyPairSync("ec", {
    namedCurve: "P-256",
    privateKeyEncoding: { type: "sec1", format: "pem" },
    publicKeyEncoding: { type: "spki", format: "pem" },
  });
}

async function issue(
  subject: Parameters<typeof generate>[0],
  options: Parameters<typeof generate>[1],
): Promise<KeyPair> {
  const pair = await generate(subject, { keyType: "ec", curve: "P-256", algorithm: "sha256", ...options });
  // Go's servers read SEC1 and PKCS#8 alike; the key is normalised so that both files look the same everywhere.
  const key = createPrivateKey(pair.private).export({ type: "pkcs8", format: "pem" }).toString();
  return { key, cert: pair.cert };
}
