import { type BackupRequest, backupRequest } from "#core/model/backup.ts";
import { parseDuration } from "#core/model/duration.ts";
import { Failure } from "#core/model/errors.ts";
import { type BackupName, backupName, generatedName } from "#core/model/names.ts";
import type { CreateFlags } from "#plugin/commands/create.ts";
import { describeSelection, labelsOf, selectionOf } from "#plugin/selection.ts";

/** Flags of create → BackupRequest. Pure; its name may be left to the clock. */
export type WantedBackup = Omit<BackupRequest, "name"> & { readonly name?: BackupRequest["name"] };

/** Everything that can be wrong with the words ends here, before anything is opened. */
export function wantedBackup(name: string | undefined, given: CreateFlags): WantedBackup {
  const request = backupRequest.omit({ name: true }).parse({
    selection: selectionOf(given),
    pageSize: positive(given.pageSize),
    labels: labelsOf(given.labels, "--labels"),
    ttlSeconds: given.ttl === undefined ? undefined : Math.round(parseDuration(given.ttl, "--ttl")),
    veleroExpiry: given.veleroExpiry ?? false,
    strict: given.strict ?? false,
  });
  if (request.veleroExpiry && request.ttlSeconds === undefined) {
    throw new Failure("usage", "--velero-expiry needs --ttl", { hint: "add --ttl 30d" });
  }
  return name === undefined ? request : { ...request, name: parseName(name) };
}

function parseName(name: string): BackupRequest["name"] {
  const parsed = backupName.safeParse(name);
  if (parsed.success) return parsed.data;
  throw new Failure("usage", parsed.error.issues[0]?.message ?? `"${name}" is not a name`);
}

/** A minute full of them: all would have to be taken before a run without a name finds none. */
const NAMES = 60;

/** What a backup without a name is called: by this second, or the next ones where others were faster. */
export function freeNames(base: string, now: Date): readonly BackupName[] {
  return Array.from({ length: NAMES }, (_, second) =>
    generatedName(base, new Date(now.getTime() + second * 1000)),
  );
}

function positive(size: number | undefined): number | undefined {
  if (size === undefined || (Number.isInteger(size) && size > 0)) return size;
  throw new Failure("usage", "--page-size must be a whole number above 0");
}

/** The first line of a run. */
export function announcement(
  request: BackupRequest,
  info: { readonly clusterName: string; readonly contextName: string },
  { url, dryRun }: { readonly url: string; readonly dryRun: boolean },
): string {
  const what = describeSelection(request.selection);
  return `${dryRun ? "Would back up" : "Backing up"} ${what} of cluster ${info.clusterName} (context ${info.contextName}) as ${request.name} to ${url}\n`;
}
