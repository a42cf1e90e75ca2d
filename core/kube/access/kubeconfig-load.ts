import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { delimiter, join, resolve } from "node:path";
import { Failure } from "#core/model/errors.ts";
import { type Kubeconfig, mergeKubeconfigs } from "./kubeconfig.ts";
import { decodeKubeconfig } from "./kubeconfig-decode.ts";

/** The files that kubectl would read, merged. An explicit file must exist, those of the environment need not. */
export async function loadKubeconfig(
  explicit: string | undefined,
  env: NodeJS.ProcessEnv,
): Promise<Kubeconfig> {
  if (explicit !== undefined && explicit !== "") {
    const only = await readKubeconfig(explicit);
    if (only === undefined) throw new Failure("kubeconfig-broken", `kubeconfig ${explicit} does not exist`);
    return only;
  }
  const files = await Promise.all(kubeconfigFiles(env).map((file) => readKubeconfig(file)));
  return mergeKubeconfigs(files.filter((file) => file !== undefined));
}

export function kubeconfigFiles(env: NodeJS.ProcessEnv): readonly string[] {
  const listed = (env["KUBECONFIG"] ?? "").split(delimiter).filter((file) => file !== "");
  if (listed.length > 0) return [...new Set(listed)];
  return [join(env["HOME"] || homedir(), ".kube", "config")];
}

async function readKubeconfig(file: string): Promise<Kubeconfig | undefined> {
  const text = await readText(file);
  return text === undefined ? undefined : decodeKubeconfig(await parse(text, file), resolve(file));
}

async function readText(file: string): Promise<string | undefined> {
  try {
    return await readFile(file, "utf8");
  } catch (cause) {
    const code = cause instanceof Error && "code" in cause ? cause.code : undefined;
    if (code === "ENOENT" || code === "ENOTDIR") return undefined;
    throw new Failure("kubeconfig-broken", `kubeconfig ${file} cannot be read (${String(code)})`, { cause });
  }
}

async function parse(text: string, file: string): Promise<unknown> {
  if (/^\s*\{/.test(text)) {
    try {
      return JSON.parse(text);
    } catch {
      // A YAML mapping may start like this too; if it is neither, the other parser's position is told.
    }
  }
  const { parseKubeconfigYaml } = await import("./kubeconfig-yaml.ts");
  return parseKubeconfigYaml(text, file);
}
