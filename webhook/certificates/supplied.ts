import { readFile } from "node:fs/promises";
import { join } from "node:path";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { readAnnouncement } from "./announcement.ts";
import type { CertificateListener, CertificateSettings, Certificates } from "./certificates.ts";
import type { KeyPair } from "./issue.ts";
import { keepChecking } from "./keep-checking.ts";
import { usablePair } from "./material.ts";
import type { StepPolicy } from "./next-step.ts";
import { servedPair } from "./served-pair.ts";

interface Supplied {
  readonly settings: CertificateSettings & { readonly tlsFolder: string; readonly policy: StepPolicy };
  readonly cluster: Cluster;
}

/**
 * A pair that others make and renew, cert-manager or the owner: read from a mounted Secret, and again when it changes.
 * A mounted Secret is swapped through a link, which watching a file misses; so the files are compared.
 */
export async function openSupplied(
  settings: Supplied["settings"],
  cluster: Cluster,
  listener: CertificateListener,
): Promise<Certificates> {
  const supplied = { settings, cluster };
  const closing = new AbortController();
  const first = await readSupplied(supplied, closing.signal);
  let pair = servedPair(first);
  await announce(supplied, first, closing.signal).catch((error: Error) => listener.onTrouble(error.message));

  async function check(signal: AbortSignal): Promise<boolean> {
    const found = await readSupplied(supplied, signal);
    if (found.cert !== pair.cert || found.key !== pair.key) {
      const next = servedPair(found);
      listener.onChange(next);
      pair = next;
    }
    return await announce(supplied, found, signal);
  }
  const { onTrouble } = listener;
  const checking = { check, checkSeconds: settings.policy.checkSeconds, onTrouble };
  return {
    current: () => pair,
    keepFresh: (signal) => keepChecking(checking, AbortSignal.any([signal, closing.signal])),
    close: () => closing.abort(),
  };
}

async function readSupplied(
  { settings: { tlsFolder }, cluster }: Supplied,
  signal: AbortSignal,
): Promise<KeyPair & { readonly ca: string | undefined }> {
  const text = (name: string) => readFile(join(tlsFolder, name), "utf8");
  const [cert, key, ca] = await Promise.all([
    text("tls.crt"),
    text("tls.key"),
    text("ca.crt").catch(() => undefined),
  ]).catch((error: unknown) => {
    throw new Failure("usage", `no certificate can be read in ${tlsFolder}`, {
      cause: error,
      hint: "mount a Secret with tls.crt and tls.key there",
    });
  });
  if (usablePair({ cert, key }, await cluster.serverTime(signal)) === undefined) {
    throw new Failure("usage", `tls.crt and tls.key in ${tlsFolder} are no pair that is valid now`, {
      hint: "mount a Secret with a certificate and its key there",
    });
  }
  return { cert, key, ca };
}

/** Without a ca.crt, or where cert-manager writes the bundle, it is not ours to write. */
async function announce(
  { settings, cluster }: Supplied,
  { cert, ca }: Awaited<ReturnType<typeof readSupplied>>,
  signal: AbortSignal,
): Promise<boolean> {
  if (ca === undefined) return true;
  const announcement = await readAnnouncement(cluster, settings.webhookConfiguration, signal);
  if (announcement === undefined) return false;
  if (announcement.isInjectedByOthers) return true;
  return await announcement.write(ca, { serving: cert, now: await cluster.serverTime(signal), signal });
}
