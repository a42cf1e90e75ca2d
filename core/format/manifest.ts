import { MANIFEST_SCHEMA, type Manifest, manifest } from "#core/model/backup.ts";
import { Failure } from "#core/model/errors.ts";

/** 10,000 namespaces with 100 claims each come to about 250 bytes × 1,000,000; no honest manifest is larger. */
export const MAX_MANIFEST_BYTES = 256 * 1024 * 1024;

/** Pretty JSON with the fields in the schema's order and the files by name: the same facts give the same bytes. */
export function encodeManifest(facts: Manifest): Uint8Array {
  const files = Object.fromEntries(Object.entries(facts.files).sort(([a], [b]) => (a < b ? -1 : 1)));
  return Buffer.from(`${JSON.stringify(manifest.parse({ ...facts, files }), null, 2)}\n`);
}

/** Failure backup-damaged, or backup-unsupported where a newer version wrote it. Unknown fields are kept. */
export function decodeManifest(bytes: Uint8Array, name: string): Manifest {
  const document = parseJson(bytes, name);
  // Before the schema: what a newer major version or an encryption means, this schema cannot know.
  refuseUnsupported(document, name);
  const parsed = manifest.safeParse(document);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw damaged(name, `${issue?.path.join(".") ?? ""}: ${issue?.message ?? ""}`, parsed.error);
}

function parseJson(bytes: Uint8Array, name: string): Record<string, unknown> {
  let document: unknown;
  try {
    document = JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch (error) {
    throw damaged(name, "it is not JSON", error);
  }
  if (typeof document !== "object" || document === null) throw damaged(name, "it is not a JSON object");
  return { ...document };
}

function refuseUnsupported(document: Record<string, unknown>, name: string): void {
  const major = Number(/^(\d+)\.\d+$/.exec(String(document["schemaVersion"]))?.[1]);
  if (major > MANIFEST_SCHEMA.major) {
    throw unsupported(name, `has schema version ${String(document["schemaVersion"])}`);
  }
  const encryption = document["encryption"];
  if (encryption !== undefined) throw unsupported(name, `is encrypted (${JSON.stringify(encryption)})`);
}

function unsupported(name: string, how: string): Failure {
  return new Failure("backup-unsupported", `backup "${name}" ${how}, which this version cannot read`);
}

function damaged(name: string, why: string, cause?: unknown): Failure {
  return new Failure("backup-damaged", `the manifest of backup "${name}" cannot be read: ${why}`, { cause });
}
