import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { type Credential, type CredentialSource, renewingCredential } from "./credential.ts";
import type { UserEntry } from "./kubeconfig.ts";

/** As often as token files are looked at; client-go looks at certificates every five minutes. */
const REREAD_MS = 60_000;

export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** The user's certificate where both of its parts lie in files, which somebody may replace while we run. */
export function certificateFilesOf(user: UserEntry): CertificateFiles | undefined {
  const { clientCertificate: certFile, clientCertificateData, clientKey: keyFile, clientKeyData } = user;
  if (certFile === undefined || keyFile === undefined || clientCertificateData || clientKeyData)
    return undefined;
  return { certFile, keyFile };
}

/** Read again in time; files that are absent, or of which only one has been replaced so far, change nothing. */
export function certificateFilesCredential(files: CertificateFiles, now: () => number): CredentialSource {
  let last: Credential = {};
  return renewingCredential(async () => {
    last = (await readPair(files, last)) ?? last;
    return { credential: last, staleAt: now() + REREAD_MS };
  }, now);
}

async function readPair(files: CertificateFiles, last: Credential): Promise<Credential | undefined> {
  try {
    const [cert, key] = await Promise.all([
      readFile(files.certFile, "latin1"),
      readFile(files.keyFile, "latin1"),
    ]);
    if (cert === last.cert && key === last.key) return last;
    // Throws where the key is not the certificate's.
    createSecureContext({ cert, key });
    return { cert, key };
  } catch {
    return undefined;
  }
}

/** What either source says; the second goes before the first. The same object as long as both say the same. */
export function joinedCredential(first: CredentialSource, second: CredentialSource): CredentialSource {
  const parts = new WeakMap<Credential, readonly [Credential, Credential]>();
  let joined: Credential | undefined;
  return {
    async current(signal) {
      const [one, other] = [await first.current(signal), await second.current(signal)];
      const [lastOne, lastOther] = (joined && parts.get(joined)) ?? [];
      if (joined === undefined || one !== lastOne || other !== lastOther) {
        joined = { ...one, ...other };
        parts.set(joined, [one, other]);
      }
      return joined;
    },
    async renew(rejected, signal) {
      const [one, other] = parts.get(rejected) ?? [];
      if (one === undefined || other === undefined) return false;
      const renewed = await Promise.all([first.renew(one, signal), second.renew(other, signal)]);
      return renewed.includes(true);
    },
  };
}
