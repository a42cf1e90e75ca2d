import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { splitCertificates } from "#core/guard/ca-bundle.ts";
import { eventually } from "#test/harness/eventually.ts";
import type { KubeClient, KubeReply } from "#test/harness/kube-client.ts";
import { freePorts } from "#test/harness/ports.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";

const REPLICA = fileURLToPath(new URL("./serving-guard.ts", import.meta.url));
const CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations";
const USUAL = { authorityDays: 3650, servingDays: 365, overlapSeconds: 300, checkSeconds: 0.5 };
const SECOND_IN_DAYS = 1 / 86_400;

let client: KubeClient;
beforeAll(() => {
  client = sharedCluster().adminClient();
});
afterAll(() => client.close());

/** A configuration that calls two replicas by URL, a namespace that falls under it, and the Secret's place. */
interface Site {
  readonly name: string;
  readonly ports: readonly number[];
  readonly secret: string;
  readonly configuration: string;
}

let site: Site;
let replicas: ChildProcess[] = [];
let said = "";

async function prepare(): Promise<Site> {
  const name = uniqueName("certificates");
  const ports = await freePorts(2);
  await client.create("/api/v1/namespaces", {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "guarded-here": name } },
  });
  return {
    name,
    ports,
    secret: `/api/v1/namespaces/${name}/secrets/tls`,
    configuration: `${CONFIGURATIONS}/${name}`,
  };
}

function configure({ name, ports }: Site): Promise<unknown> {
  return client.create(CONFIGURATIONS, {
    apiVersion: "admissionregistration.k8s.io/v1",
    kind: "ValidatingWebhookConfiguration",
    metadata: { name },
    webhooks: ports.map((port) => ({
      name: `port-${port}.test.io`,
      admissionReviewVersions: ["v1"],
      sideEffects: "None",
      timeoutSeconds: 5,
      clientConfig: { url: `https://127.0.0.1:${port}/review` },
      rules: [{ operations: ["DELETE"], apiGroups: [""], apiVersions: ["v1"], resources: ["namespaces"] }],
      objectSelector: { matchLabels: { "guarded-here": name } },
    })),
  });
}

async function start(stepPolicy = USUAL): Promise<void> {
  said = "";
  replicas = site.ports.map((port) => {
    const settings = {
      namespace: site.name,
      service: "guard",
      webhookConfiguration: site.name,
      tlsSecret: "tls",
      stepPolicy,
    };
    const argument = JSON.stringify({ kubeconfig: sharedCluster().kubeconfigPath, port, settings });
    const child = spawn(process.execPath, [REPLICA, argument], { stdio: ["ignore", "pipe", "inherit"] });
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    return child;
  });
  await eventually("both replicas serve", async () => said.match(/serving/g)?.length === 2);
}

afterEach(async () => {
  await client.delete(site.configuration);
  const ends = replicas.filter(({ exitCode }) => exitCode === null).map((one) => once(one, "exit"));
  for (const replica of replicas) replica.kill("SIGTERM");
  await Promise.all(ends);
  await client.delete(`/api/v1/namespaces/${site.name}`);
});

const review = (): Promise<KubeReply> =>
  client.request("DELETE", `/api/v1/namespaces/${site.name}?dryRun=All`);

async function bothAnswer(): Promise<boolean> {
  const reply = await review();
  return reply.status === 200;
}

async function bundle(): Promise<string> {
  const { webhooks } = await client.get(site.configuration);
  // As configure() made it.
  const [first] = webhooks as [{ clientConfig: { caBundle?: string } }];
  return Buffer.from(first.clientConfig.caBundle ?? "", "base64").toString();
}

/** Asks all the while; gives what the API server said whenever it could not reach a replica. */
async function askWhile(work: () => Promise<void>): Promise<{ asked: number; failures: readonly string[] }> {
  const failures: string[] = [];
  let asked = 0;
  let done = false;
  const asking = (async () => {
    while (!done) {
      const reply = await review();
      asked += 1;
      if (reply.status !== 200) failures.push(reply.text);
    }
  })();
  await work().finally(() => {
    done = true;
  });
  await asking;
  return { asked, failures };
}

test("two replicas that start at once on an empty cluster make one authority, and the API server reaches both", async () => {
  site = await prepare();
  await configure(site);
  await start();
  await eventually("both answer", bothAnswer);
  const secrets = await client.list(`/api/v1/namespaces/${site.name}/secrets`);
  expect(secrets.map(({ metadata }) => metadata.name)).toEqual(["tls"]);
  expect(splitCertificates(await bundle())).toHaveLength(1);
});

test("a change of authority, with its pair, goes by without one review lost", async () => {
  site = await prepare();
  await configure(site);
  const [authorityDays, servingDays] = [60 * SECOND_IN_DAYS, 50 * SECOND_IN_DAYS];
  await start({ authorityDays, servingDays, overlapSeconds: 8, checkSeconds: 0.5 });
  await eventually("both answer", bothAnswer);
  const first = await bundle();
  const { asked, failures } = await askWhile(async () => {
    await eventually("the old authority is gone", async () => {
      const now = await bundle();
      return splitCertificates(now).length === 1 && now !== first;
    });
  });
  expect(failures).toEqual([]);
  expect(asked).toBeGreaterThan(50);
  expect(said.match(/changed/g)?.length).toBeGreaterThanOrEqual(2);
});

test("the Secret deleted, filled with garbage, the bundle overwritten: each is mended without a restart", async () => {
  site = await prepare();
  await configure(site);
  await start({ ...USUAL, overlapSeconds: 3 });
  await eventually("both answer", bothAnswer);
  const first = await bundle();

  const deleted = await askWhile(async () => {
    await client.delete(site.secret);
    await eventually("another authority alone is announced", async () => {
      const now = await bundle();
      return !now.includes(first.trim()) && splitCertificates(now).length === 1;
    });
  });
  expect(deleted.failures).toEqual([]);

  const second = await bundle();
  const spoilt = await askWhile(async () => {
    const garbage = Buffer.from("garbage").toString("base64");
    const names = ["ca.crt", "ca.key", "tls.crt", "tls.key"];
    await client.patch(site.secret, { data: Object.fromEntries(names.map((name) => [name, garbage])) });
    await eventually("a third authority is announced", async () => !(await bundle()).startsWith(second));
  });
  expect(spoilt.failures).toEqual([]);

  const foreign = { op: "replace", value: Buffer.from(first).toString("base64") };
  await client.patch(
    site.configuration,
    [0, 1].map((index) => ({ ...foreign, path: `/webhooks/${index}/clientConfig/caBundle` })),
    "json",
  );
  await eventually("the bundle is mended", async () => (await bundle()) !== first && (await bothAnswer()));
  expect(said).not.toContain("trouble");
});

test("a configuration that is made anew is told of the authority within seconds", async () => {
  site = await prepare();
  await start();
  await configure(site);
  await eventually("both answer", bothAnswer);
  await client.delete(site.configuration);
  await configure(site);
  await eventually("both answer again", bothAnswer);
});
