import { parseDuration } from "#core/model/duration.ts";
import { Failure } from "#core/model/errors.ts";
import { backupName, generatedRestoreName } from "#core/model/names.ts";
import { type RestoreRequest, restoreRequest } from "#core/model/restore.ts";
import { UNDO_CHOICES } from "#core/restore/undo/undo-choices.ts";
import type { RestoreFlags } from "#plugin/commands/restore-flags.ts";
import type { Fresh } from "./restore-request.ts";

/** Flags of restore --undo → RestoreRequest. Pure. */
export function wantedUndo(restore: string, given: RestoreFlags, fresh: Fresh): RestoreRequest {
  refuseOthers(given);
  const generated = generatedRestoreName(`undo-${restore}`, fresh.now, fresh.random);
  const name = backupName.safeParse(given.name ?? generated);
  if (!name.success) throw new Failure("usage", name.error.issues[0]?.message ?? "--name is not a name");
  return restoreRequest.parse({
    name: name.data,
    backup: restore,
    selection: {},
    undo: { restore, created: given.created === true },
    ...UNDO_CHOICES,
    forceConflicts: given.forceConflicts,
    strict: given.strict,
    wait: given.wait !== "false",
    timeoutSeconds: parseDuration(given.timeout ?? "10m", "--timeout"),
  });
}

/** An undo takes back the whole of a restore, each object to where it was. */
const OF_RESTORES_ONLY = [
  "namespace",
  "allNamespaces",
  "includeNamespaces",
  "excludeNamespaces",
  "includeResources",
  "excludeResources",
  "selector",
  "orSelector",
  "includeClusterResources",
  "namespaceMapping",
  "storageClassMapping",
  "imageMapping",
  "existing",
  "includeStatus",
  "emptyVolumes",
  "hooks",
  "withDependencies",
  "withOwners",
  "modifiers",
  "resourceModifierConfigmap",
  "preserveNodePorts",
  "includeExternal",
  "startJobs",
  "keepManagedFields",
  "keepProtection",
  "tierTimeout",
] as const satisfies readonly (keyof RestoreFlags)[];

function refuseOthers(given: RestoreFlags): void {
  const wrong = OF_RESTORES_ONLY.filter((flag) => isGiven(given[flag]));
  if (wrong.length === 0) return;
  const flags = wrong.map((flag) => `--${flag.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`);
  const verb = flags.length === 1 ? "does" : "do";
  throw new Failure("usage", `--undo takes back a whole restore: ${flags.join(", ")} ${verb} not go with it`);
}

function isGiven(value: unknown): boolean {
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}
