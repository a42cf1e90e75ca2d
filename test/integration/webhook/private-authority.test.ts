import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { renderGuard } from "#core/guard/render-guard.ts";
import { GUARD } from "#core/model/guard.ts";
import { backUp, type GuardedCluster, startGuardedCluster } from "#test/fixtures/guarded-cluster.ts";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";
import { type FaultyProxy, startReverseProxy } from "#test/harness/reverse-proxy.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";
import { sharedS3, uniqueName } from "#test/harness/shared.ts";

// The guard's location is an S3 server whose certificate an authority of its own signed.
const s3 = sharedS3();
const prefix = uniqueName("private");
const at = (endpoint: string) =>
  `s3://${s3.bucket}/${prefix}?endpoint=${encodeURIComponent(endpoint)}&region=${s3.region}&pathStyle=true`;

let scratch: Scratch;
let proxy: FaultyProxy;
let cluster: GuardedCluster;

beforeAll(async () => {
  scratch = await scratchDirectory("authority");
  const authority = await createAuthority("lab");
  await writeFile(join(scratch.path, GUARD.authorityKey), authority.cert);
  proxy = await startReverseProxy({
    target: s3.endpoint,
    serving: await issueServer(authority, ["127.0.0.1"]),
  });
  cluster = await startGuardedCluster({
    locations: [at(proxy.url)],
    guardEnv: { ...s3Environment(s3), ...(await installedEnv()) },
  });
});

afterAll(async () => {
  await cluster?.stop();
  await proxy?.stop();
  await scratch?.remove();
});

/** What `install --location-ca` sets, with the folder that it mounts being the test's. */
async function installedEnv(): Promise<Readonly<Record<string, string>>> {
  const objects = renderGuard(await manifestFiles(), {
    image: "guard",
    locations: { locations: {} },
    credentials: { from: "service-account" },
    locationCa: { from: "configmap", name: "lab" },
    port: GUARD.port,
    hostNetwork: false,
    components: [],
  });
  const text = JSON.stringify(objects.find(({ kind }) => kind === "Deployment"));
  const [, folder = "/"] = /"mountPath":"([^"]+)","readOnly":true\}\]/.exec(text) ?? [];
  const [, name = "", file = ""] = /\{"name":"(NODE_[A-Z_]+)","value":"([^"]+)"\}/.exec(text) ?? [];
  return { [name]: file.replace(folder, scratch.path) };
}

test("a location behind a private authority is looked at, with what the installation gives the guard", async () => {
  const name = await cluster.namespace();
  await backUp(name, cluster, { location: at(s3.endpoint), env: s3Environment(s3) });
  const { status, text } = await cluster.remove(name);
  expect({ status, text }).toMatchObject({ status: 200 });
  expect(proxy.requests.length).toBeGreaterThan(0);
});
