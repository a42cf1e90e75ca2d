import { describe, expect, test } from "vitest";
import type { AccessOptions } from "#core/kube/access/access.ts";
import { EMPTY_CLUSTER, EMPTY_USER, type Kubeconfig } from "#core/kube/access/kubeconfig.ts";
import { nearNames } from "#core/kube/access/kubeconfig-near-names.ts";
import { selectFromKubeconfig } from "#core/kube/access/kubeconfig-select.ts";

const config: Kubeconfig = {
  currentContext: "prod",
  contexts: new Map([
    ["prod", { cluster: "c1", user: "u1", namespace: "shop" }],
    ["prod-eu", { cluster: "c2", user: "u2", namespace: undefined }],
    ["lost", { cluster: "gone", user: "u1", namespace: undefined }],
  ]),
  clusters: new Map([
    [
      "c1",
      {
        ...EMPTY_CLUSTER,
        server: "https://one",
        certificateAuthority: "/ca",
        certificateAuthorityData: "QQ==",
        tlsServerName: "one.internal",
      },
    ],
    ["c2", { ...EMPTY_CLUSTER, server: "https://two", proxyUrl: "http://p" }],
  ]),
  users: new Map([
    [
      "u1",
      {
        ...EMPTY_USER,
        token: "old",
        tokenFile: "/t",
        clientCertificateData: "QQ==",
        clientKeyData: "QQ==",
        asGroups: ["g"],
        asUserExtra: { a: ["1"], b: ["2"] },
      },
    ],
    ["u2", { ...EMPTY_USER, username: "two" }],
  ]),
};

const choose = (options: Partial<AccessOptions>) =>
  selectFromKubeconfig(config, { env: {}, interactive: false, ...options });

describe("choosing", () => {
  test("the current context holds unless another is named", () => {
    expect(choose({})).toMatchObject({ contextName: "prod", clusterName: "c1", namespace: "shop" });
    const other = choose({ context: "prod-eu" });
    expect(other).toMatchObject({ contextName: "prod-eu", clusterName: "c2", namespace: "default" });
    expect(other.user.username).toBe("two");
  });

  test("--cluster, --user and --namespace replace the context's parts", () => {
    const chosen = choose({ cluster: "c2", user: "u2", namespace: "n" });
    expect(chosen).toMatchObject({ contextName: "prod", clusterName: "c2", namespace: "n" });
    expect(chosen.user.username).toBe("two");
  });

  test.each([
    [{ context: "prd" }, 'no context "prd": there is "prod"'],
    [{ context: "eu" }, 'no context "eu": there is "prod-eu"'],
    [{ cluster: "c9" }, 'no cluster "c9": there is "c1", "c2"'],
    [{ user: "nobody-near" }, 'no user "nobody-near": there is "u1", "u2"'],
    [{ context: "lost" }, 'no cluster "gone"'],
  ])("an unknown name %j is answered with near ones", (options, told) => {
    expect(() => choose(options)).toThrow(expect.objectContaining({ code: "context-unknown" }));
    expect(() => choose(options)).toThrow(told);
  });

  test("names that are near come first and at most five are shown", () => {
    expect(nearNames("stagin", ["production", "staging", "stagng"])).toEqual(["staging", "stagng"]);
    expect(nearNames("zzz", ["g", "f", "e", "d", "c", "b", "a"])).toEqual(["a", "b", "c", "d", "e"]);
  });
});

describe("flags over the chosen entries", () => {
  test("another authority drops the one in the file, in both spellings", () => {
    const { cluster } = choose({ certificateAuthority: "/mine" });
    expect(cluster.certificateAuthority).toBe("/mine");
    expect(cluster.certificateAuthorityData).toBeUndefined();
  });

  test("--insecure-skip-tls-verify does without the file's authority", () => {
    const { cluster } = choose({ insecureSkipTlsVerify: true });
    expect(cluster).toMatchObject({ insecureSkipTlsVerify: true, certificateAuthority: undefined });
    expect(cluster.certificateAuthorityData).toBeUndefined();
  });

  test("another server drops the name that belonged to the old one", () => {
    expect(choose({}).cluster.tlsServerName).toBe("one.internal");
    expect(choose({ server: "https://x" }).cluster).toMatchObject({
      server: "https://x",
      tlsServerName: undefined,
    });
    expect(choose({ server: "https://x", tlsServerName: "y" }).cluster.tlsServerName).toBe("y");
  });

  test("--token goes before the file's token and token file", () => {
    expect(choose({ token: "new" }).user).toMatchObject({ token: "new", tokenFile: undefined });
  });

  test("--client-certificate and --client-key replace embedded data", () => {
    const { user } = choose({ clientCertificate: "/c", clientKey: "/k" });
    expect(user).toMatchObject({ clientCertificate: "/c", clientKey: "/k" });
    expect(user.clientCertificateData ?? user.clientKeyData).toBeUndefined();
  });

  test("impersonation is replaced field by field, extra fields key by key", () => {
    const { user } = choose({ as: "bob", asUserExtra: ["a=x", "a=y=z", "c="] });
    expect(user).toMatchObject({ as: "bob", asGroups: ["g"] });
    expect(user.asUserExtra).toEqual({ a: ["x", "y=z"], b: ["2"], c: [""] });
    expect(choose({ as: "bob", asGroups: ["h"] }).user.asGroups).toEqual(["h"]);
  });

  test.each(["nothing", "=value"])("--as-user-extra %j is refused", (extra) => {
    expect(() => choose({ as: "bob", asUserExtra: [extra] })).toThrow("key=value");
  });
});
