import { access, constants, readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join, normalize, resolve } from "node:path";
import { Failure } from "#core/model/errors.ts";
import { type Fields, fieldsOf } from "./kubeconfig-fields.ts";

/**
 * Which credential plugins the user lets a kubeconfig start: credentialPluginPolicy and credentialPluginAllowlist of
 * kubectl's preferences. https://kubernetes.io/docs/reference/kubectl/kuberc/ (beta since 1.35; an entry's `name` became
 * `command` in 1.36). A file that cannot be understood lets nothing run.
 */
export type PluginPolicy =
  | { readonly allows: "all" }
  | { readonly allows: "none"; readonly file: string }
  | { readonly allows: "listed"; readonly file: string; readonly commands: readonly string[] };

const EVERYTHING: PluginPolicy = { allows: "all" };

/** The file that KUBERC names must exist, the one in the home folder need not. */
export async function readPluginPolicy(env: NodeJS.ProcessEnv): Promise<PluginPolicy> {
  const named = env["KUBERC"] ?? "";
  if (named === "off" || env["KUBECTL_KUBERC"] === "false") return EVERYTHING;
  const file = named === "" ? join(env["HOME"] || homedir(), ".kube", "kuberc") : named;
  const text = await readText(file, named === "");
  if (text === undefined) return EVERYTHING;
  const { parseKubeconfigYaml } = await import("./kubeconfig-yaml.ts");
  return policyOf(fieldsOf(parseKubeconfigYaml(text, file) ?? {}, file), file);
}

async function readText(file: string, mayBeAbsent: boolean): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (mayBeAbsent && (code === "ENOENT" || code === "ENOTDIR")) return undefined;
    throw new Failure("kubeconfig-broken", `kuberc ${file} cannot be read (${String(code)})`, { cause });
  }
}

function policyOf(preference: Fields, file: string): PluginPolicy {
  const policy = preference.text("credentialPluginPolicy") ?? "AllowAll";
  const commands = preference.children("credentialPluginAllowlist").map(commandOf);
  if (policy === "Allowlist") return { allows: "listed", file, commands };
  if (commands.length > 0) {
    preference.fail("credentialPluginAllowlist", `needs credentialPluginPolicy Allowlist, not ${policy}`);
  }
  if (policy === "DenyAll") return { allows: "none", file };
  if (policy === "AllowAll") return EVERYTHING;
  return preference.fail("credentialPluginPolicy", "must be AllowAll, DenyAll or Allowlist");
}

function commandOf(entry: Fields): string {
  const [command, name] = [entry.text("command"), entry.text("name")];
  if (command !== undefined && name !== undefined)
    entry.fail("name", "and command mean the same: one is enough");
  return command ?? name ?? entry.needed("command");
}

/** The program that may be started for `command`: where a list decides, the very file that was held against it. */
export async function permittedCommand(
  command: string,
  policy: PluginPolicy,
  env: NodeJS.ProcessEnv,
): Promise<string> {
  if (policy.allows === "all") return command;
  if (policy.allows === "none") throw notAllowed(command, policy.file, "allows no credential plugin");
  const program = await lookPath(command, env);
  if (program === undefined) throw notAllowed(command, policy.file, "cannot judge it: it was not found");
  for (const listed of policy.commands) {
    if ((await lookPath(listed, env)) === program) return program;
  }
  throw notAllowed(command, policy.file, "does not list it");
}

/** As a shell finds it; links are not followed. A path is taken as it is. */
async function lookPath(command: string, env: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (/[\\/]/.test(command)) return normalize(resolve(command));
  for (const folder of (env["PATH"] ?? "").split(delimiter)) {
    const file = resolve(folder, command);
    if (folder !== "" && (await isExecutable(file))) return file;
  }
  return undefined;
}

async function isExecutable(file: string): Promise<boolean> {
  return access(file, constants.X_OK).then(
    () => true,
    () => false,
  );
}

function notAllowed(command: string, file: string, why: string): Failure {
  return new Failure("credentials-failed", `credential plugin ${command} is not allowed: ${file} ${why}`, {
    hint: `add it to credentialPluginAllowlist in ${file} if you trust it`,
  });
}
