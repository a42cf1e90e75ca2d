import { readFileSync } from "node:fs";
import { join } from "node:path";
import { parse, stringify } from "yaml";
import { executableName, type Target } from "./targets.ts";

/** The second name is for an index that finds the first too general; hints in the program's texts keep to the first. */
export const KREW_NAMES = ["backup", "cluster-backup"];

export interface KrewRelease {
  readonly name: string;
  readonly version: string;
  readonly homepage: string;
  readonly archives: readonly { readonly target: Target; readonly url: string; readonly sha256: string }[];
}

export function krewManifest({ name, version, homepage, archives }: KrewRelease): string {
  const template = readFileSync(join(import.meta.dirname, "krew.yaml"), "utf8");
  // As krew and kubectl write a plugin's name in its files'.
  const fileName = name.replaceAll("-", "_");
  const values: Readonly<Record<string, string>> = { name, fileName, version, homepage };
  const manifest = parse(template.replace(/\{\{(\w+)\}\}/g, (_, key: string) => values[key] ?? ""));
  manifest.spec.platforms = archives.map(({ target, url, sha256 }) => ({
    selector: { matchLabels: { os: target.os, arch: target.arch } },
    uri: url,
    sha256,
    bin: executableName(target),
  }));
  return stringify(manifest, { lineWidth: 0 });
}
