import { gunzipSync } from "node:zlib";
import * as z from "zod";

/**
 * What Velero's own files say of volumes' data that it keeps elsewhere. Whatever is not of the expected form says
 * nothing: these files only explain.
 */
export interface VeleroVolume {
  readonly namespace: string;
  readonly claim: string;
  readonly keptIn: string;
}

const NATIVE = "a snapshot at the storage provider";
const CSI = "a CSI snapshot";
/** Unpacked; about a hundred thousand volumes. */
const MOST_BYTES = 256 * 1024 * 1024;

const uploader = z.object({ uploaderType: z.string().default("") }).optional();
const volumeInfo = z.object({
  pvcName: z.string().min(1),
  pvcNamespace: z.string().min(1),
  backupMethod: z.enum(["NativeSnapshot", "PodVolumeBackup", "CSISnapshot"]),
  snapshotDataMoved: z.boolean().default(false),
  skipped: z.literal(false).optional(),
  // Failed: nothing is kept.
  result: z.literal("succeeded").optional(),
  pvbInfo: uploader,
  snapshotDataMovementInfo: uploader,
});
const podVolumeBackup = z.object({
  metadata: z.object({ annotations: z.object({ "velero.io/pvc-name": z.string().min(1) }) }),
  spec: z.object({ pod: z.object({ namespace: z.string() }), uploaderType: z.string().default("") }),
  status: z.object({ phase: z.literal("Completed") }),
});
const dataUpload = z.object({
  spec: z.object({ sourceNamespace: z.string().min(1), sourcePVC: z.string().min(1) }),
});

/** Of `-volumeinfo.json.gz`. */
export function decodeVolumeInfo(bytes: Uint8Array): readonly VeleroVolume[] {
  return entriesOf(bytes, volumeInfo).map((info) => ({
    namespace: info.pvcNamespace,
    claim: info.pvcName,
    keptIn: placeOf(info),
  }));
}

/** Of `-podvolumebackups.json.gz`, which older versions of Velero wrote alone. */
export function decodePodVolumeBackups(bytes: Uint8Array): readonly VeleroVolume[] {
  return entriesOf(bytes, podVolumeBackup).map(({ metadata, spec }) => ({
    namespace: spec.pod.namespace,
    claim: metadata.annotations["velero.io/pvc-name"],
    keptIn: repositoryOf(spec.uploaderType),
  }));
}

/** Of a `datauploads.velero.io` object among the backup's items. */
export function decodeDataUpload(object: Uint8Array): VeleroVolume | undefined {
  const upload = dataUpload.safeParse(parse(object)).data?.spec;
  if (upload === undefined) return undefined;
  return { namespace: upload.sourceNamespace, claim: upload.sourcePVC, keptIn: repositoryOf("kopia") };
}

function placeOf(info: z.infer<typeof volumeInfo>): string {
  if (info.backupMethod === "NativeSnapshot") return NATIVE;
  if (info.backupMethod === "PodVolumeBackup") return repositoryOf(info.pvbInfo?.uploaderType ?? "kopia");
  return info.snapshotDataMoved ? repositoryOf(info.snapshotDataMovementInfo?.uploaderType || "kopia") : CSI;
}

/** Before Velero 1.10 there was only restic, and no such field. */
function repositoryOf(uploaderType: string): string {
  return `Velero's ${uploaderType === "kopia" ? "kopia" : "restic"} repository`;
}

function entriesOf<T>(bytes: Uint8Array, entry: z.ZodType<T>): readonly T[] {
  // An empty list may be written as null.
  const list = z
    .array(z.unknown())
    .nullable()
    .parse(parse(gunzipSync(bytes, { maxOutputLength: MOST_BYTES })));
  return (list ?? []).flatMap((value) => entry.safeParse(value).data ?? []);
}

function parse(bytes: Uint8Array): unknown {
  return JSON.parse(new TextDecoder().decode(bytes));
}
