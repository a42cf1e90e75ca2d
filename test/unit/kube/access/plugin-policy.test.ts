import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openAccess } from "#core/kube/access/access.ts";
import { permittedCommand, readPluginPolicy } from "#core/kube/access/plugin-policy.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

let scratch: Scratch;
let login: string;
beforeAll(async () => {
  scratch = await scratchDirectory("kuberc");
  login = join(scratch.path, "cloud-login");
  await writeFile(login, "#!/bin/sh\n");
  await chmod(login, 0o700);
});
afterAll(() => scratch.remove());

let files = 0;
async function kuberc(...lines: string[]): Promise<NodeJS.ProcessEnv> {
  files += 1;
  const file = join(scratch.path, `kuberc-${files}`);
  const head = ["apiVersion: kubectl.config.k8s.io/v1beta1", "kind: Preference"];
  await writeFile(file, [...head, ...lines].join("\n"));
  return { KUBERC: file, PATH: scratch.path };
}

async function permitted(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  return permittedCommand(command, await readPluginPolicy(env), env);
}

const listing = (entry: string) =>
  kuberc("credentialPluginPolicy: Allowlist", `credentialPluginAllowlist: [${entry}]`);

describe("which credential plugins may be started", () => {
  test("all, where the user's preferences say nothing or are switched off", async () => {
    expect(await permitted("any", await kuberc())).toBe("any");
    expect(await permitted("any", await kuberc("credentialPluginPolicy: AllowAll"))).toBe("any");
    const denying = await kuberc("credentialPluginPolicy: DenyAll");
    expect(await permitted("any", { ...denying, KUBERC: "off" })).toBe("any");
    expect(await permitted("any", { ...denying, KUBECTL_KUBERC: "false" })).toBe("any");
    expect(await permitted("any", { HOME: "/nowhere" })).toBe("any");
  });

  test("none under DenyAll", async () => {
    const env = await kuberc("credentialPluginPolicy: DenyAll");
    await expect(permitted(login, env)).rejects.toMatchObject({ code: "credentials-failed" });
  });

  test.each([
    ["a path by its path", () => `command: ${login}`, () => login],
    ["a path by a name that PATH finds there", () => "command: cloud-login", () => login],
    ["a name by the path where PATH finds it", () => `command: ${login}`, () => "cloud-login"],
    ["a name by the older word for an entry", () => "name: cloud-login", () => "cloud-login"],
  ])("an allowlist allows %s, and that very file is what runs", async (_, entry, command) => {
    expect(await permitted(command(), await listing(`{${entry()}}`))).toBe(login);
  });

  test("an allowlist allows nothing else: no other path to the same name, nothing that is not found", async () => {
    const env = await listing("{command: cloud-login}");
    const elsewhere = permitted("/elsewhere/cloud-login", env);
    await expect(elsewhere).rejects.toThrow(/not allowed: .* does not list it/);
    await expect(permitted("other", env)).rejects.toThrow(/not allowed/);
  });

  test.each([
    ["an unknown policy", ["credentialPluginPolicy: Some"]],
    ["a list without the policy that reads it", ["credentialPluginAllowlist: [{command: x}]"]],
    ["an entry without a command", ["credentialPluginPolicy: Allowlist", "credentialPluginAllowlist: [{}]"]],
    [
      "an entry with two",
      ["credentialPluginPolicy: Allowlist", "credentialPluginAllowlist: [{command: x, name: x}]"],
    ],
    ["no YAML", ["credentialPluginPolicy: {"]],
  ])("%s lets nothing run", async (_, lines) => {
    await expect(readPluginPolicy(await kuberc(...lines))).rejects.toMatchObject({
      code: "kubeconfig-broken",
    });
  });

  test("a file that KUBERC names must exist", async () => {
    await expect(readPluginPolicy({ KUBERC: join(scratch.path, "absent") })).rejects.toThrow(
      /cannot be read/,
    );
  });

  test("a kubeconfig's plugin is held against it before anything is started", async () => {
    const kubeconfig = join(scratch.path, "config");
    const exec = { apiVersion: "client.authentication.k8s.io/v1", command: login, interactiveMode: "Never" };
    await writeFile(
      kubeconfig,
      JSON.stringify({
        "current-context": "ctx",
        contexts: [{ name: "ctx", context: { cluster: "c", user: "u" } }],
        clusters: [{ name: "c", cluster: { server: "https://api.example.com" } }],
        users: [{ name: "u", user: { exec } }],
      }),
    );
    const env = await kuberc("credentialPluginPolicy: DenyAll");
    await expect(openAccess({ kubeconfig, env, interactive: false })).rejects.toThrow(/not allowed/);
  });
});
