import { chmod, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type ExecFacts, execCredential } from "#core/kube/access/exec-credential.ts";
import { readExecAnswer } from "#core/kube/access/exec-credential-answer.ts";
import { EMPTY_CLUSTER, type ExecEntry } from "#core/kube/access/kubeconfig.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

const V1 = "client.authentication.k8s.io/v1";
const V1_BETA1 = "client.authentication.k8s.io/v1beta1";
const signal = new AbortController().signal;

let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchDirectory("exec");
});
afterAll(() => scratch.remove());

let scripts = 0;
async function plugin(body: string, fields: Partial<ExecEntry> = {}): Promise<ExecEntry> {
  scripts += 1;
  const command = join(scratch.path, `plugin-${scripts}`);
  await writeFile(command, `#!/bin/sh\n${body}\n`);
  await chmod(command, 0o700);
  return entry({ command, ...fields });
}

function entry(fields: Partial<ExecEntry>): ExecEntry {
  return {
    apiVersion: V1,
    command: "plugin",
    args: [],
    env: [],
    installHint: undefined,
    provideClusterInfo: false,
    interactiveMode: "Never",
    ...fields,
  };
}

const facts = (fields: Partial<ExecFacts> = {}): ExecFacts => ({
  cluster: { ...EMPTY_CLUSTER, server: "https://c" },
  ca: undefined,
  env: process.env,
  interactive: false,
  now: Date.now,
  ...fields,
});

const answer = (status: object, apiVersion = V1): string =>
  JSON.stringify({ kind: "ExecCredential", apiVersion, status });
const says = (status: object, apiVersion = V1): string => `cat <<'END'\n${answer(status, apiVersion)}\nEND`;
/** A plugin that answers with another token each time. */
const counter = (file: string, expiry = ""): string =>
  `n=$(cat ${file} 2>/dev/null || echo 0); n=$((n+1)); echo $n > ${file}
echo '{"kind":"ExecCredential","apiVersion":"${V1}","status":{"token":"t'$n'"${expiry}}}'`;

describe("running a credential plugin", () => {
  test("its token becomes the Authorization header", async () => {
    const source = execCredential(await plugin(says({ token: "abc" })), facts());
    expect(await source.current(signal)).toMatchObject({ authorization: "Bearer abc" });
  });

  test("its client certificate is used, with or without a token", async () => {
    const status = { clientCertificateData: "CERT", clientKeyData: "KEY" };
    const source = execCredential(await plugin(says(status, V1_BETA1), { apiVersion: V1_BETA1 }), facts());
    expect(await source.current(signal)).toEqual({ authorization: undefined, cert: "CERT", key: "KEY" });
  });

  test("it gets arguments, environment and what the protocol tells it", async () => {
    const seen = join(scratch.path, "seen");
    const body = `printf '%s|%s|%s|%s\\n' "$1" "$2" "$EXTRA" "$KUBERNETES_EXEC_INFO" > ${seen}\n${says({ token: "t" })}`;
    const fields = { args: ["a b", "c"], env: [{ name: "EXTRA", value: "x" }] };
    await execCredential(await plugin(body, fields), facts()).current(signal);
    const [one, two, extra, info] = (await readFile(seen, "utf8")).trim().split("|");
    expect([one, two, extra]).toEqual(["a b", "c", "x"]);
    expect(JSON.parse(info ?? "")).toEqual({
      kind: "ExecCredential",
      apiVersion: V1,
      spec: { interactive: false },
    });
  });

  test("it gets the cluster's facts when it asks for them", async () => {
    const seen = join(scratch.path, "facts");
    const body = `printf '%s' "$KUBERNETES_EXEC_INFO" > ${seen}\n${says({ token: "t" })}`;
    const cluster = {
      ...EMPTY_CLUSTER,
      server: "https://c",
      tlsServerName: "n",
      proxyUrl: "http://p",
      execConfig: { audience: "me" },
    };
    const asked = await plugin(body, { provideClusterInfo: true });
    await execCredential(asked, facts({ cluster, ca: "PEM" })).current(signal);
    expect(JSON.parse(await readFile(seen, "utf8")).spec.cluster).toEqual({
      server: "https://c",
      "tls-server-name": "n",
      "certificate-authority-data": "UEVN",
      "proxy-url": "http://p",
      config: { audience: "me" },
    });
  });

  test("it runs once until a minute before its expiry, then again", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const expiry = ',"expirationTimestamp":"2026-01-01T01:00:00Z"';
    const body = counter(join(scratch.path, "expiring"), expiry);
    const source = execCredential(await plugin(body), facts({ now: () => now }));
    expect((await source.current(signal)).authorization).toBe("Bearer t1");
    now = Date.parse("2026-01-01T00:58:59Z");
    expect((await source.current(signal)).authorization).toBe("Bearer t1");
    now = Date.parse("2026-01-01T00:59:00Z");
    expect((await source.current(signal)).authorization).toBe("Bearer t2");
  });

  test("a rejected credential makes it run again", async () => {
    const source = execCredential(await plugin(counter(join(scratch.path, "rejected"))), facts());
    const rejected = await source.current(signal);
    expect(await source.renew(rejected, signal)).toBe(true);
    expect((await source.current(signal)).authorization).toBe("Bearer t2");
  });

  test("it is ended when nobody waits any more", async () => {
    const stop = new AbortController();
    const ended = join(scratch.path, "ended");
    const started = join(scratch.path, "started");
    const body = `trap 'touch ${ended}; exit 1' TERM\ntouch ${started}\nwhile :; do sleep 0.02; done`;
    const waiting = execCredential(await plugin(body), facts()).current(stop.signal);
    await expect.poll(() => readFile(started)).toBeDefined();
    stop.abort(new Error("enough"));
    await expect(waiting).rejects.toThrow("enough");
    await expect.poll(() => readFile(ended)).toBeDefined();
  });
});

describe("a credential plugin that fails", () => {
  test("a missing program is told with the kubeconfig's hint", async () => {
    const gone = entry({ command: join(scratch.path, "gone"), installHint: "brew install gone" });
    const failing = execCredential(gone, facts()).current(signal);
    await expect(failing).rejects.toMatchObject({
      code: "credentials-failed",
      message: expect.stringContaining("was not found"),
      hint: "brew install gone",
    });
  });

  test("its exit code is told, its output is not", async () => {
    const failing = execCredential(await plugin("echo s3cret; exit 7"), facts()).current(signal);
    await expect(failing).rejects.toMatchObject({
      code: "credentials-failed",
      message: expect.stringMatching(/exit code 7$/),
    });
  });

  test.each([
    ["s3cret", "printed no ExecCredential"],
    [answer({ token: "s3cret" }, V1_BETA1), "another version"],
    [answer({}), "neither a token nor a certificate"],
    [answer({ clientCertificateData: "s3cret" }), "certificate without key"],
    [answer({ token: "s3cret", expirationTimestamp: "s3cret" }), "no time"],
    [JSON.stringify({ kind: "ExecCredential", apiVersion: V1 }), "no status"],
    [JSON.stringify({ kind: "Other", apiVersion: V1 }), "printed no ExecCredential"],
  ])("an answer like %j is refused without quoting it", (printed, told) => {
    const read = (): unknown => readExecAnswer(printed, entry({}), 0);
    expect(read).toThrow(told);
    expect(read).not.toThrow("s3cret");
  });

  test("what ends within the minute is used to its end", () => {
    const printed = answer({ token: "t", expirationTimestamp: new Date(30_000).toISOString() });
    expect(readExecAnswer(printed, entry({}), 0).staleAt).toBe(30_000);
  });
});

describe("asking at the terminal", () => {
  const interactive = async (fields: Partial<ExecEntry>, terminal: boolean): Promise<unknown> => {
    const seen = join(scratch.path, "interactive");
    const body = `printf '%s' "$KUBERNETES_EXEC_INFO" > ${seen}\n${says({ token: "t" }, fields.apiVersion)}`;
    await execCredential(await plugin(body, fields), facts({ interactive: terminal })).current(signal);
    return JSON.parse(await readFile(seen, "utf8")).spec.interactive;
  };

  test.each([
    [{ interactiveMode: "Never" }, true, false],
    [{ interactiveMode: "IfAvailable" }, true, true],
    [{ interactiveMode: "IfAvailable" }, false, false],
    [{ interactiveMode: "Always" }, true, true],
    [{ interactiveMode: undefined, apiVersion: V1_BETA1 }, true, true],
  ])("%j with a terminal: %s gives interactive: %s", async (fields, terminal, told) => {
    expect(await interactive(fields, terminal)).toBe(told);
  });

  test("a plugin that must ask is refused where nobody can answer", () => {
    expect(() => execCredential(entry({ interactiveMode: "Always" }), facts())).toThrow("needs a terminal");
  });

  test("version v1 must name its mode, and other versions are refused", () => {
    expect(() => execCredential(entry({ interactiveMode: undefined }), facts())).toThrow("interactiveMode");
    const old = entry({ apiVersion: "client.authentication.k8s.io/v1alpha1" });
    expect(() => execCredential(old, facts())).toThrow("is not supported");
  });
});
