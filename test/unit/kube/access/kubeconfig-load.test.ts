import { mkdir, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EMPTY_CLUSTER, type Kubeconfig, mergeKubeconfigs } from "#core/kube/access/kubeconfig.ts";
import { kubeconfigFiles, loadKubeconfig } from "#core/kube/access/kubeconfig-load.ts";
import { isFailure } from "#core/model/errors.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchDirectory("kubeconfig");
});
afterAll(() => scratch.remove());

async function file(name: string, content: string): Promise<string> {
  const path = join(scratch.path, name);
  await mkdir(join(path, ".."), { recursive: true });
  await writeFile(path, content, { mode: 0o600 });
  return path;
}

async function failureOf(work: Promise<unknown>): Promise<string> {
  const error = await work.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  if (!isFailure(error, "kubeconfig-broken")) throw new Error(`no kubeconfig-broken: ${String(error)}`);
  return `${error.message} ${error.hint} ${String(error.cause)}`;
}

const cluster = (server: string, name = "shared"): string =>
  `clusters: [{name: ${name}, cluster: {server: ${server}}}]\n`;

describe("several kubeconfig files", () => {
  test("the first file's entry and the first current context win, and a missing file is ignored", async () => {
    const a = await file("a", `current-context: from-a\n${cluster("https://a")}`);
    const b = await file("b", `current-context: from-b\n${cluster("https://b")}contexts: [{name: only-b}]\n`);
    const KUBECONFIG = [a, join(scratch.path, "missing"), b].join(delimiter);
    const config = await loadKubeconfig(undefined, { KUBECONFIG });
    expect(config.currentContext).toBe("from-a");
    expect(config.clusters.get("shared")?.server).toBe("https://a");
    expect(config.contexts.has("only-b")).toBe(true);
  });

  test("a later file's current context counts when the earlier ones name none", async () => {
    const first = await file("none", cluster("https://a"));
    const second = await file("some", "current-context: x\n");
    const config = await loadKubeconfig(undefined, { KUBECONFIG: `${first}${delimiter}${second}` });
    expect(config.currentContext).toBe("x");
  });

  test("every entry of every file is there, each from the first file that has it", () => {
    const maps = fc.array(fc.dictionary(fc.constantFrom("a", "b", "c", "__proto__"), fc.string()), {
      maxLength: 4,
    });
    fc.assert(
      fc.property(maps, (servers) => {
        const files = servers.map((entries): Kubeconfig => {
          const clusters = Object.entries(entries).map(
            ([name, server]) => [name, { ...EMPTY_CLUSTER, server }] as const,
          );
          return {
            currentContext: undefined,
            contexts: new Map(),
            users: new Map(),
            clusters: new Map(clusters),
          };
        });
        const merged = mergeKubeconfigs(files).clusters;
        const names = new Set(files.flatMap((one) => [...one.clusters.keys()]));
        expect(new Set(merged.keys())).toEqual(names);
        for (const name of names) {
          const first = files.find((one) => one.clusters.has(name))?.clusters.get(name);
          expect(merged.get(name)).toBe(first);
        }
      }),
    );
  });

  test("without KUBECONFIG it is the file in the home folder", () => {
    expect(kubeconfigFiles({ HOME: "/home/x" })).toEqual([join("/home/x", ".kube", "config")]);
    expect(kubeconfigFiles({ HOME: "/home/x", KUBECONFIG: `${delimiter}a${delimiter}a` })).toEqual(["a"]);
  });

  test("an explicit file is read alone and must exist", async () => {
    const only = await file("only", cluster("https://only"));
    const other = await file("other", cluster("https://other", "other"));
    const config = await loadKubeconfig(only, { KUBECONFIG: other });
    expect([...config.clusters.keys()]).toEqual(["shared"]);
    expect(await failureOf(loadKubeconfig(join(scratch.path, "absent"), {}))).toContain("does not exist");
  });
});

describe("one kubeconfig file", () => {
  test("relative paths start at the file's folder, a bare plugin name stays", async () => {
    const path = await file(
      "deep/config",
      `clusters: [{name: c, cluster: {certificate-authority: ca.pem}}]
users:
  - {name: u, user: {client-certificate: ../c.pem, client-key: /k.pem, tokenFile: ./t, exec: {apiVersion: v, command: ./bin/p}}}
  - {name: bare, user: {exec: {apiVersion: v, command: aws}}}
`,
    );
    const config = await loadKubeconfig(path, {});
    const user = config.users.get("u");
    expect(config.clusters.get("c")?.certificateAuthority).toBe(join(scratch.path, "deep/ca.pem"));
    expect(user?.clientCertificate).toBe(join(scratch.path, "c.pem"));
    expect(user?.clientKey).toBe("/k.pem");
    expect(user?.tokenFile).toBe(join(scratch.path, "deep/t"));
    expect(user?.exec?.command).toBe(join(scratch.path, "deep/bin/p"));
    expect(config.users.get("bare")?.exec?.command).toBe("aws");
  });

  test("JSON, YAML flow mappings and an empty file are all read", async () => {
    const json = await file("json", '{"current-context": "j", "clusters": null}');
    const flow = await file("flow", "{current-context: f}");
    const empty = await file("empty", "");
    expect((await loadKubeconfig(json, {})).currentContext).toBe("j");
    expect((await loadKubeconfig(flow, {})).currentContext).toBe("f");
    expect((await loadKubeconfig(empty, {})).clusters.size).toBe(0);
  });

  test("anchors and merge keys hold", async () => {
    const path = await file(
      "anchors",
      `base: &base {insecure-skip-tls-verify: true}
clusters: [{name: c, cluster: {<<: *base, server: https://x}}]
`,
    );
    expect((await loadKubeconfig(path, {})).clusters.get("c")?.insecureSkipTlsVerify).toBe(true);
  });

  test.each([
    ["users:\n  - name: u\n    user: {token: s3cret\n  x", /line 4, column 3/],
    ["users:\n- name: u\n  user:\n\ttoken: s3cret\n", /line 4, column 1/],
    ['{"users": [{"name": "u", "user": {"token": "s3cret" "x"}}]}', /line 1, column/],
    ["users: |s3cret\n b", /line 1, column 9: not valid YAML \(unexpected token\)/],
    ["users: [{name: u, user: {token: *s3cret}}]", /an alias .* has no anchor/],
    ["s3cret", /the file must be a mapping/],
    ["users: s3cret", /users must be a list/],
    ["users: [{name: u, user: s3cret}]", /users\[0\]\.user must be a mapping/],
    ["users: [{name: u, user: {password: 12345}}]", /users\[0\]\.user\.password must be a text/],
    ["users: [{user: {token: s3cret}}]", /users\[0\]\.name is missing/],
    ["users: [{name: u}, {name: u}]", /users\[1\]\.name "u" comes twice/],
    ["clusters: [{name: c, cluster: {insecure-skip-tls-verify: s3cret}}]", /must be true or false/],
  ])("a broken file %j is told by file and place, never by content", async (content, place) => {
    const path = await file("broken", content);
    const told = await failureOf(loadKubeconfig(path, {}));
    expect(told).toContain(path);
    expect(told).toMatch(place);
    expect(told).not.toMatch(/s3cret|12345/);
  });
});
