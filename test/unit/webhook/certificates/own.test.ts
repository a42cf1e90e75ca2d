import { X509Certificate } from "node:crypto";
import { expect, test } from "vitest";
import { caBundleProblem, splitCertificates } from "#core/guard/ca-bundle.ts";
import { coreResources, type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";
import { createAuthority } from "#test/harness/certificates.ts";
import { eventually } from "#test/harness/eventually.ts";
import { type Certificates, openCertificates } from "#webhook/certificates/certificates.ts";

const DAY_MS = 86_400_000;
const START = new Date("2030-01-01T00:00:00Z");
const CONFIGURATIONS = "validatingwebhookconfigurations.admissionregistration.k8s.io";
const settings = {
  namespace: "kubectl-backup",
  service: "kubectl-backup-guard",
  webhookConfiguration: "kubectl-backup-guard",
  tlsSecret: "kubectl-backup-guard-tls",
  stepPolicy: { authorityDays: 3650, servingDays: 365, overlapSeconds: 300, checkSeconds: 0.01 },
};

interface Site {
  readonly cluster: MemoryCluster;
  /** By the server's clock. */
  setTime(time: Date): void;
}

function site({ configured = true }: { configured?: boolean } = {}): Site {
  let now = START;
  const configurations = resource(CONFIGURATIONS, "ValidatingWebhookConfiguration", { namespaced: false });
  const cluster = memoryCluster({ resources: [...coreResources, configurations] });
  cluster.serverTime = async () => now;
  cluster.put("namespaces", { metadata: { name: settings.namespace } });
  if (configured) configure(cluster);
  return {
    cluster,
    setTime: (time) => {
      now = time;
    },
  };
}

function configure(cluster: MemoryCluster, clientConfig: object = {}, annotations: object = {}): void {
  const metadata = { name: settings.webhookConfiguration, annotations };
  cluster.put(CONFIGURATIONS, { metadata, webhooks: [{ name: "guard.kubectl-backup.io", clientConfig }] });
}

const opened = (cluster: MemoryCluster, troubles: string[] = []) =>
  openCertificates(settings, cluster, {
    onChange: () => undefined,
    onTrouble: (text) => troubles.push(text),
  });

/** As a replica that starts at that time finds and leaves it. */
async function startAt({ cluster, setTime }: Site, days: number, seconds = 0): Promise<Certificates> {
  setTime(new Date(START.getTime() + days * DAY_MS + seconds * 1000));
  return opened(cluster);
}

function secretOf(cluster: MemoryCluster): Record<string, string> {
  const data = cluster.read("secrets", settings.namespace, settings.tlsSecret)?.["data"] ?? {};
  return Object.fromEntries(Object.entries(data).map(([key, value]) => [key, text(String(value))]));
}

function bundleOf(cluster: MemoryCluster): string {
  const webhooks = cluster.read(CONFIGURATIONS, "", settings.webhookConfiguration)?.["webhooks"];
  return text(/"caBundle":"([^"]*)"/.exec(JSON.stringify(webhooks))?.[1] ?? "");
}

const text = (base64: string): string => Buffer.from(base64, "base64").toString("utf8");
const secretData = (values: Record<string, string>) =>
  Object.fromEntries(
    Object.entries(values).map(([key, value]) => [key, Buffer.from(value).toString("base64")]),
  );

function spoil(cluster: MemoryCluster, values: Record<string, string>): void {
  const metadata = { name: settings.tlsSecret, namespace: settings.namespace };
  cluster.put("secrets", { metadata, data: secretData({ ...secretOf(cluster), ...values }) });
}

/** Runs the replica's checks until the condition holds. */
async function untilKept(certificates: Certificates, what: string, holds: () => boolean): Promise<void> {
  const stop = new AbortController();
  const kept = certificates.keepFresh(stop.signal);
  await eventually(what, async () => holds(), { timeoutMs: 5000 });
  stop.abort();
  await kept;
}

test("an empty cluster gets an authority and a pair for the Service's names, and the authority is announced", async () => {
  const { cluster } = site();
  const pair = (await opened(cluster)).current();
  const leaf = new X509Certificate(pair.cert);
  for (const host of ["", ".kubectl-backup", ".kubectl-backup.svc", ".kubectl-backup.svc.cluster.local"]) {
    expect(leaf.checkHost(`kubectl-backup-guard${host}`)).toBeDefined();
  }
  expect(leaf.ca).toBe(false);
  expect(caBundleProblem(bundleOf(cluster), pair.cert, START)).toBeUndefined();
  expect(Object.keys(secretOf(cluster)).sort()).toEqual(["ca.crt", "ca.key", "tls.crt", "tls.key"]);
});

test("ten replicas that start at once end with one authority and one pair", async () => {
  const { cluster } = site();
  const all = await Promise.all(Array.from({ length: 10 }, () => opened(cluster)));
  expect(new Set(all.map((one) => one.current().cert)).size).toBe(1);
  expect(cluster.requests.filter((one) => one.startsWith("create secrets"))).toHaveLength(10);
});

test("validity goes by the API server's clock, with an hour to spare, whatever this machine's says", async () => {
  const { cluster } = site();
  const leaf = new X509Certificate((await opened(cluster)).current().cert);
  expect(leaf.validFromDate).toEqual(new Date(START.getTime() - 3_600_000));
  expect(leaf.validToDate).toEqual(new Date(START.getTime() + 365 * DAY_MS));
});

test("the pair is renewed at two thirds of its life by the same authority", async () => {
  const at = site();
  const first = (await startAt(at, 0)).current();
  expect((await startAt(at, 243)).current()).toEqual(first);
  const renewed = (await startAt(at, 244)).current();
  expect(renewed.cert).not.toBe(first.cert);
  expect(caBundleProblem(bundleOf(at.cluster), renewed.cert, START)).toBeUndefined();
  expect(splitCertificates(bundleOf(at.cluster))).toHaveLength(1);
});

test("a change of authority overlaps: both announced, then the pair switched, then the old one dropped", async () => {
  const at = site();
  await startAt(at, 0);
  const before = (await startAt(at, 2400)).current();
  const old = secretOf(at.cluster)["ca.crt"];

  const during = await startAt(at, 2434);
  expect(during.current().cert).toBe(before.cert);
  expect(splitCertificates(bundleOf(at.cluster))).toHaveLength(2);
  expect(bundleOf(at.cluster)).toContain(old?.trim());

  expect((await startAt(at, 2434, 299)).current().cert).toBe(before.cert);
  const switched = (await startAt(at, 2434, 300)).current();
  expect(switched.cert).not.toBe(before.cert);
  expect(splitCertificates(bundleOf(at.cluster))).toHaveLength(2);

  await startAt(at, 2434, 599);
  expect(splitCertificates(bundleOf(at.cluster))).toHaveLength(2);
  expect((await startAt(at, 2434, 600)).current().cert).toBe(switched.cert);
  expect(splitCertificates(bundleOf(at.cluster))).toHaveLength(1);
  expect(bundleOf(at.cluster)).not.toContain(old?.trim());
  expect(caBundleProblem(bundleOf(at.cluster), switched.cert, switched.notAfter)).toBeUndefined();
});

test("the pair is not switched while the configuration does not tell of the new authority", async () => {
  const at = site();
  await startAt(at, 0);
  const before = (await startAt(at, 2400)).current();
  const denied = {
    ok: false,
    status: 403,
    reason: "Forbidden",
    message: "no",
    causes: [],
    warnings: [],
  } as const;
  const { replace } = at.cluster;
  at.cluster.replace = async (ref, body, options) =>
    ref.resource.kind === "ValidatingWebhookConfiguration" ? denied : replace(ref, body, options);
  for (const seconds of [0, 300, 900]) {
    expect((await startAt(at, 2434, seconds)).current().cert).toBe(before.cert);
  }
  at.cluster.replace = replace;
  await startAt(at, 2434, 901);
  expect((await startAt(at, 2434, 902)).current().cert).not.toBe(before.cert);
});

test("a deleted Secret is made anew with another authority, and what is served stays good", async () => {
  const { cluster } = site();
  const certificates = await opened(cluster);
  const { cert } = certificates.current();
  const old = secretOf(cluster)["ca.crt"];
  cluster.drop("secrets", settings.namespace, settings.tlsSecret);
  await untilKept(
    certificates,
    "both authorities announced",
    () => splitCertificates(bundleOf(cluster)).length === 2,
  );
  expect(secretOf(cluster)["ca.crt"]).not.toBe(old);
  expect(certificates.current().cert).toBe(cert);
  expect(caBundleProblem(bundleOf(cluster), cert, START)).toBeUndefined();
});

test.each([
  ["authority's key", { "ca.key": "garbage" }],
  ["authority", { "ca.crt": "garbage", "ca.key": "garbage" }],
  ["pair", { "tls.crt": "garbage", "tls.key": "garbage" }],
  ["key, for another pair's", { "tls.key": (await createAuthority("foreign")).key }],
  ["whole content", { "ca.crt": "", "ca.key": "", "tls.crt": "", "tls.key": "" }],
])(
  "garbage in place of the %s is replaced, and what is served is vouched for all the while",
  async (_, garbage) => {
    const { cluster } = site();
    const certificates = await opened(cluster);
    spoil(cluster, garbage);
    const problems = new Set<string | undefined>();
    await untilKept(certificates, "the Secret mended", () => {
      problems.add(caBundleProblem(bundleOf(cluster), certificates.current().cert, START));
      const values = secretOf(cluster);
      const isAsSpoilt = Object.entries(garbage).some(([key, value]) => values[key] === value);
      return !isAsSpoilt && Object.values(values).every((value) => value.startsWith("-----BEGIN"));
    });
    expect([...problems]).toEqual([undefined]);
  },
);

test("a replica that starts on garbage begins anew", async () => {
  const { cluster } = site();
  spoil(cluster, { "ca.crt": "garbage", "ca.key": "garbage", "tls.crt": "garbage", "tls.key": "garbage" });
  const pair = (await opened(cluster)).current();
  expect(caBundleProblem(bundleOf(cluster), pair.cert, START)).toBeUndefined();
});

test("a bundle that somebody overwrote is written again", async () => {
  const { cluster } = site();
  const certificates = await opened(cluster);
  const right = bundleOf(cluster);
  configure(cluster, { caBundle: Buffer.from("garbage").toString("base64") });
  await untilKept(certificates, "the bundle mended", () => bundleOf(cluster) === right);
});

test("a configuration that comes after the guard is told of the authority when it comes", async () => {
  const { cluster } = site({ configured: false });
  const certificates = await opened(cluster);
  configure(cluster);
  await untilKept(certificates, "announced", () => bundleOf(cluster) !== "");
  expect(caBundleProblem(bundleOf(cluster), certificates.current().cert, START)).toBeUndefined();
});

test("where the configuration calls a URL, the certificate answers for its host too", async () => {
  const { cluster } = site();
  configure(cluster, { url: "https://127.0.0.1:4433/review" });
  expect(new X509Certificate((await opened(cluster)).current().cert).checkIP("127.0.0.1")).toBe("127.0.0.1");
});

test("a bundle that cert-manager injects is left alone", async () => {
  const { cluster } = site();
  configure(cluster, { caBundle: "" }, { "cert-manager.io/inject-ca-from": "ns/certificate" });
  await opened(cluster);
  expect(bundleOf(cluster)).toBe("");
});

test("when nothing changes nothing is written", async () => {
  const at = site();
  await startAt(at, 0);
  const writes = () => at.cluster.requests.filter((one) => /^(create|replace|patch)/.test(one)).length;
  const before = writes();
  await startAt(at, 1);
  await startAt(at, 2);
  expect(writes()).toBe(before);
});

test("a renewed pair that cannot be taken up at first is told as served only when it is, and tried until then", async () => {
  const at = site();
  const troubles: string[] = [];
  let isRefused = true;
  const certificates = await openCertificates(settings, at.cluster, {
    onChange: () => {
      if (isRefused) throw new Error("no shared cipher");
    },
    onTrouble: (message) => troubles.push(message),
  });
  const { cert } = certificates.current();
  at.setTime(new Date(START.getTime() + 250 * DAY_MS));
  await untilKept(certificates, "told", () => troubles.includes("no shared cipher"));
  expect(certificates.current().cert).toBe(cert);
  isRefused = false;
  await untilKept(certificates, "served", () => certificates.current().cert !== cert);
});

test("trouble is told once, and the pair at hand is served on", async () => {
  const { cluster } = site();
  const troubles: string[] = [];
  const certificates = await opened(cluster, troubles);
  const { cert } = certificates.current();
  cluster.refuse({ resource: "secrets", status: 403 });
  await untilKept(certificates, "told", () => troubles.length > 0);
  await untilKept(certificates, "some more checks", () => cluster.requests.length > 100);
  expect(troubles.length).toBeLessThanOrEqual(2);
  expect(certificates.current().cert).toBe(cert);
});
