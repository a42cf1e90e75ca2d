import { beforeEach, expect, test } from "vitest";
import { checkCertificate } from "#core/guard/check-certificate.ts";
import { GUARD } from "#core/model/guard.ts";
import { type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";

const { signal } = new AbortController();
const DAY_MS = 86_400_000;
const ca = await createAuthority("one");
const other = await createAuthority("two");
const { cert: serving } = await issueServer(ca, ["guard"]);
const CONFIGURATIONS = "validatingwebhookconfigurations.admissionregistration.k8s.io";

let cluster: MemoryCluster;
beforeEach(() => {
  cluster = memoryCluster({
    resources: [
      resource("secrets", "Secret"),
      resource(CONFIGURATIONS, "ValidatingWebhookConfiguration", { namespaced: false }),
    ],
  });
});

function announce(bundle: string | undefined): void {
  const caBundle = bundle === undefined ? {} : { caBundle: Buffer.from(bundle).toString("base64") };
  cluster.put(CONFIGURATIONS, {
    metadata: { name: GUARD.name },
    webhooks: [{ name: GUARD.webhook, clientConfig: caBundle }],
  });
}

function serve(cert: string): void {
  cluster.put("secrets", {
    metadata: { name: GUARD.tlsSecret, namespace: GUARD.namespace },
    data: { "tls.crt": Buffer.from(cert).toString("base64") },
  });
}

const check = (days = 0) => checkCertificate(cluster, new Date(Date.now() + days * DAY_MS), signal);

test("a certificate that API servers trust is told with its end", async () => {
  announce(ca.cert);
  serve(serving);
  expect(await check()).toMatchObject({
    state: "ok",
    detail: expect.stringMatching(/^the served certificate is valid until \d{4}-/),
  });
});

test.each([
  ["nothing is announced", () => announce(undefined), "names no authority"],
  ["another authority is announced", () => announce(other.cert), "none of its authorities signed"],
  ["garbage is announced", () => announce("garbage"), "no certificate"],
])("where %s, API servers cannot reach the guard", async (_, prepare, said) => {
  prepare();
  serve(serving);
  expect(await check()).toMatchObject({ state: "failed", detail: expect.stringContaining(said) });
});

test("one that should have been renewed is warned of, and one that is over has failed", async () => {
  announce(ca.cert);
  serve(serving);
  const [, until = ""] = /until (.*)$/.exec((await check()).detail) ?? [];
  const days = (Date.parse(until) - Date.now()) / DAY_MS;
  expect((await check(days * 0.5)).state).toBe("ok");
  expect(await check(days * 0.9)).toMatchObject({
    state: "warning",
    detail: expect.stringContaining("should have been renewed"),
  });
  expect((await check(days + 2)).state).toBe("failed");
});

test("who may not read the Secret is told of the authority, and that the rest was not looked at", async () => {
  announce(ca.cert);
  cluster.refuse({ resource: "secrets", status: 403 });
  expect(await check()).toMatchObject({
    state: "ok",
    detail: expect.stringMatching(
      /^its authority is valid until .*; what it serves could not be looked at: /,
    ),
  });
});

test("who may read neither is told so, which says nothing about the guard", async () => {
  cluster.refuse({ resource: CONFIGURATIONS, status: 403 });
  expect((await check()).state).toBe("unknown");
});
