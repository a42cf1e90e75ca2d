import { gunzipSync, gzipSync } from "node:zlib";
import { groupResource, type ItemKind } from "#core/model/item.ts";
import { changeTexts } from "#core/objects/change-path.ts";
import { textAt, withValue } from "#core/objects/edit-object.ts";
import {
  type ExactObject,
  isExactObject,
  parseExactBytes,
  stringifyExact,
} from "#core/objects/exact-json.ts";
import type { MapNamespace } from "./namespace-references.ts";

const RELEASE = ["data", "release"];

/**
 * Helm's record of a release names the namespace and holds the manifests. Were it left so, uninstalling the copy would
 * delete those of the original's objects that the manifests name with their namespace.
 */
export function mapHelmRelease(
  kind: Pick<ItemKind, "group" | "resource">,
  object: ExactObject,
  mapNamespace: MapNamespace,
): ExactObject {
  const wrapping = wrappingOf(kind, object);
  return wrapping === undefined
    ? object
    : changeTexts(object, [RELEASE], (text) => remake(text, wrapping, mapNamespace));
}

/** How often the record is base64: Helm's own, and that of a Secret's data. */
function wrappingOf(kind: Pick<ItemKind, "group" | "resource">, object: ExactObject): number | undefined {
  switch (groupResource(kind)) {
    case "secrets":
      return textAt(object, ["type"]) === "helm.sh/release.v1" ? 2 : undefined;
    case "configmaps":
      return textAt(object, ["metadata", "labels", "owner"]) === "helm" ? 1 : undefined;
    default:
      return undefined;
  }
}

function remake(text: string, wrapping: number, mapNamespace: MapNamespace): string {
  const release = unpack(text, wrapping);
  if (release === undefined) return text;
  const from = textAt(release, ["namespace"]);
  const to = mapNamespace(from);
  if (from === to) return text;
  const moved = withValue(release, ["namespace"], to);
  const manifests = [["manifest"], ["hooks", "*", "manifest"]];
  return pack(
    changeTexts(moved, manifests, (manifest) => moveManifest(manifest, from, to)),
    wrapping,
  );
}

/** A Secret holds a megabyte, and a chart's texts hardly shrink to a sixtieth. */
const MOST_BYTES = 64 * 1024 * 1024;

/** undefined where it is none: Helm could not read it either. */
function unpack(text: string, wrapping: number): ExactObject | undefined {
  let bytes: Buffer = Buffer.from(text, "utf8");
  for (let layer = 0; layer < wrapping; layer += 1) bytes = Buffer.from(bytes.toString("latin1"), "base64");
  try {
    const release = parseExactBytes(gunzipSync(bytes, { maxOutputLength: MOST_BYTES }));
    return isExactObject(release) ? release : undefined;
  } catch {
    return undefined;
  }
}

function pack(release: ExactObject, wrapping: number): string {
  // A fixed level and no time of day, so that the same release is the same text in a second restore.
  let bytes: Buffer = gzipSync(stringifyExact(release), { level: 9 });
  for (let layer = 0; layer < wrapping; layer += 1) bytes = Buffer.from(bytes.toString("base64"), "latin1");
  return bytes.toString("latin1");
}

/** Whole lines alone, as YAML or as JSON, so that texts inside the manifests stay as they are. */
function moveManifest(manifest: string, from: string, to: string): string {
  const line = new RegExp(
    `^([ \\t]*(?:- )?"?namespace"?:[ \\t]*["']?)${RegExp.escape(from)}(?=["']?,?[ \\t]*(?:#.*)?\\r?$)`,
    "gm",
  );
  return manifest.replace(line, `$1${to}`);
}
