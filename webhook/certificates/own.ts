import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { type Announcement, readAnnouncement } from "./announcement.ts";
import type { CertificateListener, CertificateSettings, Certificates } from "./certificates.ts";
import { keepChecking } from "./keep-checking.ts";
import { caBundleOf, materialOf, secretValues, type TlsMaterial } from "./material.ts";
import { type Circumstances, nextStep, type StepPolicy } from "./next-step.ts";
import { servedPair } from "./served-pair.ts";
import { changeAuthority, makeMaterial, takeStep } from "./take-step.ts";
import { type TlsSecret, tlsSecret } from "./tls-secret.ts";

interface Own {
  readonly cluster: Cluster;
  readonly settings: CertificateSettings & { readonly policy: StepPolicy };
  readonly secret: TlsSecret;
  material: TlsMaterial | undefined;
}

/** Two replicas that start together, or write together, take turns of one read and one write each. */
const ATTEMPTS = 20;

/** Certificates of the guard's own authority, in a Secret that all replicas share. */
export async function openOwn(
  settings: Own["settings"],
  cluster: Cluster,
  listener: CertificateListener,
): Promise<Certificates> {
  const { namespace, tlsSecret: name } = settings;
  const own: Own = {
    cluster,
    settings,
    secret: tlsSecret(cluster, { namespace, name }),
    material: undefined,
  };
  const closing = new AbortController();
  let pair = servedPair((await settle(own, closing.signal)).serving);
  // Not announced yet is no reason not to serve: the configuration may come later.
  await announce(own, closing.signal).catch((error: Error) => listener.onTrouble(error.message));

  /** true: there is nothing to wait for but time. */
  async function check(signal: AbortSignal): Promise<boolean> {
    const { serving } = await settle(own, signal);
    if (serving.cert !== pair.cert || serving.key !== pair.key) {
      const next = servedPair(serving);
      listener.onChange(next);
      pair = next;
    }
    return await announce(own, signal);
  }
  const { onTrouble } = listener;
  const checking = { check, checkSeconds: settings.policy.checkSeconds, onTrouble };
  return {
    current: () => pair,
    keepFresh: (signal) => keepChecking(checking, AbortSignal.any([signal, closing.signal])),
    close: () => closing.abort(),
  };
}

/** Reads what is there and takes the steps that are due, until there is none. */
async function settle(own: Own, signal: AbortSignal): Promise<TlsMaterial> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const { webhookConfiguration } = own.settings;
    const announcement = await readAnnouncement(own.cluster, webhookConfiguration, signal);
    const settled = await attemptStep(own, announcement, signal);
    if (settled === undefined) continue;
    own.material = settled;
    return settled;
  }
  const { namespace, tlsSecret: name } = own.settings;
  throw new Failure("cluster-error", `the Secret ${namespace}/${name} changes all the time`);
}

/** The material once no step is due; undefined: the state has changed, by us or by another replica. */
async function attemptStep(
  own: Own,
  announcement: Announcement | undefined,
  signal: AbortSignal,
): Promise<TlsMaterial | undefined> {
  const now = await own.cluster.serverTime(signal);
  const hosts = [...new Set([...serviceHosts(own.settings), ...(announcement?.urlHosts ?? [])])];
  const around = { now, hosts, policy: own.settings.policy };
  const found = await own.secret.find(signal);
  if (found === undefined) {
    await own.secret.create(secretValues(await materialToCreate(own.material, around)), signal);
    return undefined;
  }
  const material = materialOf(found.values);
  const isAnnounced = announcement?.announces(material.authority.cert) ?? true;
  const circumstances = { ...around, isAnnounced };
  const step = nextStep(material, circumstances);
  const next =
    step === "make-all"
      ? await materialToCreate(own.material, around)
      : await takeStep(step, material, circumstances);
  if (next === undefined) return material;
  await found.replace(secretValues(next), signal);
  return undefined;
}

/** Whoever deletes or spoils the Secret gets another authority; what is being served stays good meanwhile. */
async function materialToCreate(
  held: TlsMaterial | undefined,
  around: Omit<Circumstances, "isAnnounced">,
): Promise<TlsMaterial> {
  const circumstances = { ...around, isAnnounced: true };
  return held === undefined ? await makeMaterial(circumstances) : await changeAuthority(held, circumstances);
}

/** The API server asks for `<service>.<namespace>.svc`; the other names are for people. */
function serviceHosts({ service, namespace }: CertificateSettings): readonly string[] {
  const name = `${service}.${namespace}`;
  return [service, name, `${name}.svc`, `${name}.svc.cluster.local`];
}

/** true: announced, or nobody is to announce it; false: there is no configuration yet. */
async function announce(own: Own, signal: AbortSignal): Promise<boolean> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const announcement = await readAnnouncement(own.cluster, own.settings.webhookConfiguration, signal);
    if (announcement === undefined) return false;
    if (announcement.isInjectedByOthers) return true;
    // Read after the configuration: a bundle from before a change of the Secret meets a newer configuration and loses.
    const material = await settle(own, signal);
    const now = await own.cluster.serverTime(signal);
    const check = { serving: material.serving.cert, now, signal };
    if (await announcement.write(caBundleOf(material), check)) return true;
  }
  throw new Failure("cluster-error", "the webhook configuration changes all the time");
}
