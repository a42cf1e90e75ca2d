import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AccessOptions, openAccess } from "#core/kube/access/access.ts";
import { inClusterKubeconfig } from "#core/kube/access/in-cluster.ts";
import { EMPTY_CLUSTER } from "#core/kube/access/kubeconfig.ts";
import { serverUrl } from "#core/kube/access/server.ts";
import { caFingerprint } from "#core/kube/access/tls.ts";
import { createAuthority, issueClient, type KeyPair } from "#test/harness/certificates.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

const signal = new AbortController().signal;
let scratch: Scratch;
let authority: KeyPair;
beforeAll(async () => {
  scratch = await scratchDirectory("access");
  authority = await createAuthority("cluster");
});
afterAll(() => scratch.remove());

const base64 = (value: string): string => Buffer.from(value).toString("base64");

async function open(cluster: object, user: object, options: Partial<AccessOptions> = {}) {
  const kubeconfig = join(scratch.path, "config");
  const content = {
    "current-context": "ctx",
    contexts: [{ name: "ctx", context: { cluster: "c", user: "u", namespace: "shop" } }],
    clusters: [{ name: "c", cluster: { server: "https://api.example.com:6443", ...cluster } }],
    users: [{ name: "u", user }],
  };
  await writeFile(kubeconfig, JSON.stringify(content));
  return await openAccess({ kubeconfig, env: {}, interactive: false, ...options });
}

describe("opening an access", () => {
  test("tells which cluster it is and what TLS needs", async () => {
    const client = await issueClient(authority, { user: "me" });
    await writeFile(join(scratch.path, "ca.pem"), authority.cert);
    const access = await open(
      { "certificate-authority": "ca.pem", "tls-server-name": "inner" },
      { "client-certificate-data": base64(client.cert), "client-key-data": base64(client.key) },
    );
    expect(access.info).toEqual({
      contextName: "ctx",
      clusterName: "c",
      server: "https://api.example.com:6443",
      namespace: "shop",
      caSha256: caFingerprint(authority.cert),
    });
    expect(await access.tls(signal)).toEqual({
      ca: authority.cert,
      cert: client.cert,
      key: client.key,
      servername: "inner",
      rejectUnauthorized: true,
    });
    expect(await access.headers(signal)).toEqual({});
  });

  test.each([
    [{ token: "t" }, { authorization: "Bearer t" }],
    [{ username: "me", password: "p:w" }, { authorization: `Basic ${base64("me:p:w")}` }],
    [{ token: "t", exec: { apiVersion: "x", command: "never" } }, { authorization: "Bearer t" }],
    [
      { token: "t", as: "bob", "as-groups": ["g", "h"] },
      { authorization: "Bearer t", "impersonate-user": "bob", "impersonate-group": ["g", "h"] },
    ],
  ])("a user %j sends %j", async (user, headers) => {
    const access = await open({}, user);
    const sent = await access.headers(signal);
    expect(sent).toEqual(headers);
    expect(await access.renew(sent, signal)).toBe(false);
  });

  test("credentials are never sent in clear text", async () => {
    const access = await open({ server: "http://api.example.com" }, { token: "t", as: "bob" });
    expect(await access.headers(signal)).toEqual({ "impersonate-user": "bob" });
  });

  test("a plugin does not run before a request wants credentials", async () => {
    const access = await open(
      {},
      {
        exec: { apiVersion: "client.authentication.k8s.io/v1", command: "./gone", interactiveMode: "Never" },
      },
    );
    await expect(access.headers(signal)).rejects.toMatchObject({ code: "credentials-failed" });
  });

  test("--insecure-skip-tls-verify verifies nothing and knows no authority", async () => {
    const authorityData = { "certificate-authority-data": base64(authority.cert) };
    const access = await open(authorityData, {}, { insecureSkipTlsVerify: true });
    expect(await access.tls(signal)).toMatchObject({ ca: undefined, rejectUnauthorized: false });
    expect(access.info.caSha256).toBeUndefined();
  });

  test("the proxy comes from the kubeconfig, then from the environment", async () => {
    const env = { HTTPS_PROXY: "http://env:1" };
    expect((await open({ "proxy-url": "http://kube:1" }, {}, { env })).proxy?.url.host).toBe("kube:1");
    expect((await open({}, {}, { env })).proxy?.url.host).toBe("env:1");
    expect((await open({}, {})).proxy).toBeUndefined();
  });

  test("of several files the first one's current context and cluster are used", async () => {
    const file = async (name: string): Promise<string> => {
      const content = {
        "current-context": name,
        contexts: [{ name, context: { cluster: "same", user: name } }],
        clusters: [{ name: "same", cluster: { server: `https://${name}` } }],
        users: [{ name, user: { token: name } }],
      };
      await writeFile(join(scratch.path, name), JSON.stringify(content));
      return join(scratch.path, name);
    };
    const KUBECONFIG = [await file("a"), join(scratch.path, "missing"), await file("b")].join(delimiter);
    const first = await openAccess({ env: { KUBECONFIG }, interactive: false });
    expect(first.info).toMatchObject({ contextName: "a", clusterName: "same", server: "https://a" });
    const second = await openAccess({ env: { KUBECONFIG }, interactive: false, context: "b" });
    expect(second.info).toMatchObject({ contextName: "b", server: "https://a" });
    expect(await second.headers(signal)).toEqual({ authorization: "Bearer b" });
  });

  test("flags alone are enough", async () => {
    const access = await openAccess({
      env: { HOME: scratch.path },
      interactive: false,
      server: "https://flag:1",
      token: "t",
    });
    expect(access.info).toMatchObject({ contextName: "", clusterName: "flag:1", namespace: "default" });
    expect(await access.headers(signal)).toEqual({ authorization: "Bearer t" });
  });

  test.each([
    [{ "certificate-authority-data": base64("s3cret") }, {}, "certificate-authority-data does not hold PEM"],
    [{ "certificate-authority": "absent.pem" }, {}, "absent.pem cannot be read"],
    [
      {},
      { "client-certificate-data": base64("-----BEGIN x") },
      "client-certificate and client-key belong together",
    ],
    [{ server: "" }, {}, 'cluster "c" has no server'],
    [{ server: "ftp://x" }, {}, "not an http or https address"],
    [{}, { exec: { apiVersion: "x", command: "c" }, "auth-provider": { name: "oidc" } }, "only one can hold"],
    [{ "proxy-url": "ftp://s3cret" }, {}, "proxy-url"],
  ])("a cluster %j with a user %j is refused: %s", async (cluster, user, told) => {
    const opening = open(cluster, user);
    await expect(opening).rejects.toMatchObject({
      code: "kubeconfig-broken",
      message: expect.stringContaining(told),
    });
    await expect(opening).rejects.not.toThrow("s3cret");
  });

  test("authority and no verification together are refused", async () => {
    const both = { "certificate-authority-data": base64(authority.cert), "insecure-skip-tls-verify": true };
    await expect(open(both, {})).rejects.toThrow("only one can hold");
  });

  test("no configuration at all is told as such", async () => {
    const opening = openAccess({ env: { HOME: join(scratch.path, "nobody") }, interactive: false });
    await expect(opening).rejects.toMatchObject({
      code: "kubeconfig-broken",
      message: expect.stringContaining("no cluster is chosen"),
    });
  });
});

describe("the server's address", () => {
  const url = (server: string, fields = {}): string =>
    serverUrl({ ...EMPTY_CLUSTER, server, ...fields }, false).href;

  test("keeps a path, ends in one slash and loses a login", () => {
    expect(url("https://rancher/k8s/clusters/c-1")).toBe("https://rancher/k8s/clusters/c-1/");
    expect(url(" https://me:s3cret@x:6443// ")).toBe("https://x:6443/");
  });

  test("without a scheme it is https when anything speaks of TLS, else http", () => {
    expect(url("localhost:8080")).toBe("http://localhost:8080/");
    expect(url("10.0.0.1:6443", { insecureSkipTlsVerify: true })).toBe("https://10.0.0.1:6443/");
    expect(url("x:6443", { certificateAuthorityData: "QQ==" })).toBe("https://x:6443/");
  });
});

describe("the authority's fingerprint", () => {
  test("does not depend on order, line ends or comments, but on every certificate", async () => {
    const other = await createAuthority("other");
    const both = `${authority.cert}\n${other.cert}`;
    const reordered = `# second\r\n${other.cert}\n# first\n${authority.cert}`.replaceAll("\n", "\r\n");
    expect(caFingerprint(reordered)).toBe(caFingerprint(both));
    expect(caFingerprint(authority.cert)).not.toBe(caFingerprint(both));
  });

  test("wants a certificate", () => {
    expect(() => caFingerprint("-----BEGIN RSA PRIVATE KEY-----")).toThrow("holds no certificate");
  });
});

describe("inside a cluster", () => {
  const env = { KUBERNETES_SERVICE_HOST: "fd00::1", KUBERNETES_SERVICE_PORT: "443" };

  test("the pod's service account is the user and its namespace the default", async () => {
    const folder = join(scratch.path, "serviceaccount");
    await mkdir(folder);
    await writeFile(join(folder, "token"), "t");
    await writeFile(join(folder, "namespace"), "mine\n");
    const config = await inClusterKubeconfig(env, folder);
    expect(config?.clusters.get("in-cluster")).toMatchObject({
      server: "https://[fd00::1]:443",
      certificateAuthority: join(folder, "ca.crt"),
    });
    expect(config?.contexts.get("in-cluster")?.namespace).toBe("mine");
    expect(config?.users.get("in-cluster")?.tokenFile).toBe(join(folder, "token"));
    expect(await inClusterKubeconfig({}, folder)).toBeUndefined();
  });

  test("it is used without any kubeconfig, and never instead of one", async () => {
    const folder = join(scratch.path, "mounted");
    await mkdir(folder);
    await writeFile(join(folder, "token"), "pod");
    await writeFile(join(folder, "ca.crt"), authority.cert);
    const inPod = { env: { ...env, HOME: folder }, interactive: false, serviceAccountFolder: folder };
    const access = await openAccess(inPod);
    expect(access.info).toMatchObject({ contextName: "in-cluster", caSha256: caFingerprint(authority.cert) });
    expect(await access.headers(signal)).toEqual({ authorization: "Bearer pod" });
    const own = await open({}, { token: "own" }, inPod);
    expect(own.info.contextName).toBe("ctx");
    const KUBECONFIG = join(scratch.path, "config");
    const named = await openAccess({ ...inPod, env: { ...inPod.env, KUBECONFIG } });
    expect(named.info.contextName).toBe("ctx");
  });

  test("without a service account there is none", async () => {
    expect(await inClusterKubeconfig(env, join(scratch.path, "absent"))).toBeUndefined();
  });
});
