import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { decodeDataUpload, decodePodVolumeBackups, decodeVolumeInfo } from "#core/format/velero-volumes.ts";

const gz = (value: unknown) => gzipSync(JSON.stringify(value));

test("volumeinfo tells where each claim's data lies, and of what was skipped or failed nothing", () => {
  const info = (pvcName: string, more: object) => ({ pvcName, pvcNamespace: "shop", pvName: "pv", ...more });
  const volumes = decodeVolumeInfo(
    gz([
      info("files", { backupMethod: "PodVolumeBackup", pvbInfo: { uploaderType: "restic" } }),
      info("db", {
        backupMethod: "CSISnapshot",
        snapshotDataMoved: true,
        skipped: false,
        result: "succeeded",
        snapshotDataMovementInfo: { uploaderType: "kopia" },
      }),
      info("cut", { backupMethod: "CSISnapshot" }),
      info("disk", { backupMethod: "NativeSnapshot", nativeSnapshotInfo: {} }),
      info("skipped", { skipped: true, skippedReason: "not wanted" }),
      info("failed", { backupMethod: "PodVolumeBackup", result: "failed" }),
      "odd",
    ]),
  );
  expect(volumes.map(({ namespace, claim, keptIn }) => `${namespace}/${claim}: ${keptIn}`)).toEqual([
    "shop/files: Velero's restic repository",
    "shop/db: Velero's kopia repository",
    "shop/cut: a CSI snapshot",
    "shop/disk: a snapshot at the storage provider",
  ]);
});

test("so do the pod volume backups of older versions, as far as they ended and had a claim", () => {
  const ofClaim = (phase: string, uploaderType?: string) => ({
    metadata: { annotations: { "velero.io/pvc-name": "files" } },
    spec: { pod: { namespace: "shop" }, uploaderType },
    status: { phase },
  });
  expect(decodePodVolumeBackups(gz([ofClaim("Completed"), ofClaim("Failed"), { metadata: {} }]))).toEqual([
    { namespace: "shop", claim: "files", keptIn: "Velero's restic repository" },
  ]);
  expect(decodePodVolumeBackups(gz([ofClaim("Completed", "kopia")]))[0]?.keptIn).toContain("kopia");
  expect(decodePodVolumeBackups(gz(null))).toEqual([]);
});

test("and the objects of data uploads", () => {
  const bytes = (value: unknown) => Buffer.from(JSON.stringify(value));
  expect(decodeDataUpload(bytes({ spec: { sourceNamespace: "shop", sourcePVC: "db" } }))).toEqual({
    namespace: "shop",
    claim: "db",
    keptIn: "Velero's kopia repository",
  });
  expect(decodeDataUpload(bytes({ spec: {} }))).toBeUndefined();
});
