import * as z from "zod";

/**
 * Names of backups and restores are DNS labels of at most 63 characters: they become folder names, Velero object names and label
 * values. DOS device names are refused, since a directory location may lie on a Windows disk.
 */
const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;
const DOS_DEVICE = /^(con|prn|aux|nul|com[0-9]|lpt[0-9])$/;

/** Words that commands use, so that a forgotten argument never becomes a backup's name. */
const COMMAND_WORDS: ReadonlySet<string> = new Set([
  "create",
  "restore",
  "get",
  "describe",
  "delete",
  "logs",
  "diff",
  "show",
  "verify",
  "list",
  "location",
  "schedule",
  "drill",
  "help",
]);

function nameTrouble(name: string): string | undefined {
  if (!DNS_LABEL.test(name)) {
    return `"${name}" is not a valid name: use at most 63 of a-z, 0-9 and "-", beginning and ending with a letter or digit`;
  }
  if (DOS_DEVICE.test(name)) return `"${name}" is a reserved device name on Windows disks`;
  if (COMMAND_WORDS.has(name)) return `"${name}" is a command word, not a backup name`;
  return undefined;
}

export const backupName = z
  .string()
  .superRefine((name, context) => {
    const trouble = nameTrouble(name);
    if (trouble !== undefined) context.addIssue({ code: "custom", message: trouble });
  })
  .brand<"BackupName">();
export type BackupName = z.infer<typeof backupName>;

/** UTC yyyymmdd-hhmmss, as in generated names. */
function compactTime(time: Date): string {
  return time.toISOString().slice(0, 19).replace(/[-:]/g, "").replace("T", "-");
}

/** `<base>-<UTC time>`: lower-cased, other characters `-`, the base cut to 47 so that the whole stays within 63. */
export function generatedName(base: string, time: Date): BackupName {
  return nameOf(base, compactTime(time));
}

/** The same and five characters of chance: two restores of one second are two. */
export function generatedRestoreName(backup: string, time: Date, random: string): BackupName {
  return nameOf(backup, `${compactTime(time)}-${random.slice(0, 5)}`);
}

function nameOf(base: string, suffix: string): BackupName {
  const cleaned = base
    .toLowerCase()
    .replace(/[^a-z0-9-]/g, "-")
    // 63 in all, a hyphen between.
    .slice(0, 62 - suffix.length)
    .replace(/^-+|-+$/g, "");
  return backupName.parse(`${cleaned === "" ? "backup" : cleaned}-${suffix}`);
}
