import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { memoryCluster, resource } from "#test/doubles/memory-cluster.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";
import { eventually } from "#test/harness/eventually.ts";
import { openCertificates } from "#webhook/certificates/certificates.ts";

const CONFIGURATIONS = "validatingwebhookconfigurations.admissionregistration.k8s.io";
const ca = await createAuthority("supplied");
const pairs = [await issueServer(ca, ["guard"]), await issueServer(ca, ["guard"])] as const;

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "tls-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function put(files: Readonly<Record<string, string>>): Promise<void> {
  await Promise.all(Object.entries(files).map(([name, text]) => writeFile(join(folder, name), text)));
}

function cluster() {
  const configurations = resource(CONFIGURATIONS, "ValidatingWebhookConfiguration", { namespaced: false });
  const made = memoryCluster({ resources: [configurations] });
  made.serverTime = async () => new Date();
  const webhooks = [{ name: "guard.kubectl-backup.io", clientConfig: {} }];
  made.put(CONFIGURATIONS, { metadata: { name: "guard" }, webhooks });
  return made;
}

function openIn(
  target: ReturnType<typeof cluster>,
  told: { changes: number; troubles: string[] },
  takeUp: () => void = () => undefined,
) {
  return openCertificates(
    {
      namespace: "kubectl-backup",
      service: "guard",
      webhookConfiguration: "guard",
      tlsSecret: "unused",
      tlsFolder: folder,
      stepPolicy: { authorityDays: 1, servingDays: 1, overlapSeconds: 1, checkSeconds: 0.01 },
    },
    target,
    {
      onChange: () => {
        takeUp();
        told.changes += 1;
      },
      onTrouble: (text) => told.troubles.push(text),
    },
  );
}

const bundle = (target: ReturnType<typeof cluster>) =>
  JSON.stringify(target.read(CONFIGURATIONS, "", "guard")?.["webhooks"]);
const base64 = (pem: string) => Buffer.from(pem).toString("base64");

test("a supplied pair is served, its authority announced, and a new one taken up; garbage meanwhile is told and not served", async () => {
  const told = { changes: 0, troubles: [] as string[] };
  const target = cluster();
  await put({ "tls.crt": pairs[0].cert, "tls.key": pairs[0].key, "ca.crt": ca.cert });
  const certificates = await openIn(target, told);
  expect(certificates.current().cert).toBe(pairs[0].cert);
  expect(bundle(target)).toContain(base64(ca.cert));
  const stop = new AbortController();
  const kept = certificates.keepFresh(stop.signal);

  await put({ "tls.crt": "garbage" });
  await eventually("trouble is told", async () => told.troubles.length > 0);
  expect(certificates.current().cert).toBe(pairs[0].cert);

  await put({ "tls.crt": pairs[1].cert, "tls.key": pairs[1].key });
  await eventually("the new pair is served", async () => told.changes > 0);
  expect(certificates.current().cert).toBe(pairs[1].cert);
  stop.abort();
  await kept;
});

test("a new pair that cannot be taken up at first is told as served only when it is, and tried until then", async () => {
  const told = { changes: 0, troubles: [] as string[] };
  await put({ "tls.crt": pairs[0].cert, "tls.key": pairs[0].key });
  let isRefused = true;
  const certificates = await openIn(cluster(), told, () => {
    if (isRefused) throw new Error("no shared cipher");
  });
  const stop = new AbortController();
  const kept = certificates.keepFresh(stop.signal);

  await put({ "tls.crt": pairs[1].cert, "tls.key": pairs[1].key });
  await eventually("trouble is told", async () => told.troubles.includes("no shared cipher"));
  expect(certificates.current().cert).toBe(pairs[0].cert);

  isRefused = false;
  await eventually("the new pair is served", async () => told.changes > 0);
  expect(certificates.current().cert).toBe(pairs[1].cert);
  stop.abort();
  await kept;
});

test("a garbage ca.crt is not written into the configuration", async () => {
  const told = { changes: 0, troubles: [] as string[] };
  const target = cluster();
  await put({ "tls.crt": pairs[0].cert, "tls.key": pairs[0].key, "ca.crt": "garbage" });
  await openIn(target, told);
  expect(bundle(target)).not.toContain("caBundle");
  expect(told.troubles).toEqual([expect.stringMatching(/caBundle was not written: .*no certificate/)]);
});

test.each([
  ["nothing there", {}],
  ["a key of another certificate", { "tls.crt": pairs[0].cert, "tls.key": pairs[1].key }],
])("with %s the guard does not start", async (_, files) => {
  await put(files);
  await expect(openIn(cluster(), { changes: 0, troubles: [] })).rejects.toThrow(folder);
});
