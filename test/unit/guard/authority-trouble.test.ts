import { beforeEach, expect, test } from "vitest";
import { authorityTrouble } from "#core/guard/authority-trouble.ts";
import { GUARD } from "#core/model/guard.ts";
import { type MemoryCluster, memoryCluster, resource } from "#test/doubles/memory-cluster.ts";
import { createAuthority } from "#test/harness/certificates.ts";

const { signal } = new AbortController();
const { cert } = await createAuthority("lab");

let cluster: MemoryCluster;
beforeEach(() => {
  cluster = memoryCluster({
    resources: [resource("secrets", "Secret"), resource("configmaps", "ConfigMap")],
  });
});

const look = (from: "configmap" | "secret") => authorityTrouble(cluster, { from, name: "lab" }, signal);

function store(from: "configmap" | "secret", pem: string, key = "ca.crt"): void {
  const value = from === "secret" ? Buffer.from(pem).toString("base64") : pem;
  const metadata = { name: "lab", namespace: GUARD.namespace };
  cluster.put(`${from}s`, { metadata, data: { [key]: value } });
}

test.each(["configmap", "secret"] as const)(
  "an authority in a %s is taken as it lies there, one or several",
  async (from) => {
    store(from, `${cert}\n${cert}`);
    expect(await look(from)).toEqual([]);
  },
);

test("an authority with text behind its last certificate, as many bundles have, is taken", async () => {
  store("configmap", `# lab\n${cert}\n# end of the bundle\n`);
  expect(await look("configmap")).toEqual([]);
});

test("an authority that is not there is refused with the command that puts it there", async () => {
  await expect(look("configmap")).rejects.toMatchObject({
    code: "object-not-found",
    message: "the ConfigMap kubectl-backup/lab does not exist; nothing was applied",
    hint: "kubectl -n kubectl-backup create configmap lab --from-file=ca.crt=FILE",
  });
  await expect(look("secret")).rejects.toMatchObject({
    hint: "kubectl -n kubectl-backup create secret generic lab --from-file=ca.crt=FILE",
  });
});

test.each([
  ["under another key", cert, "ca.pem"],
  ["garbage", "garbage", "ca.crt"],
  ["a certificate and half of one", `${cert}\n${cert.slice(0, 200)}`, "ca.crt"],
])(
  "an object that holds it %s is refused before anything is applied: the pods would not start, or trust nobody",
  async (_, pem, key) => {
    store("secret", pem, key);
    await expect(look("secret")).rejects.toMatchObject({
      code: "refused",
      message: "the Secret kubectl-backup/lab holds no certificates under ca.crt; nothing was applied",
    });
  },
);

test("where it may not be looked at, that is said and the installation goes on", async () => {
  cluster.refuse({ resource: "configmaps", status: 403 });
  expect(await look("configmap")).toEqual([
    expect.stringMatching(/^the ConfigMap kubectl-backup\/lab could not be looked at: /),
  ]);
});
