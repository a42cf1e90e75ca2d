import { parseDuration } from "#core/model/duration.ts";
import { Failure } from "#core/model/errors.ts";
import { backupName, generatedRestoreName } from "#core/model/names.ts";
import { type RestoreRequest, restoreRequest } from "#core/model/restore.ts";
import type { RestoreFlags } from "#plugin/commands/restore-flags.ts";
import { labelsOf, mappingOf, selectionOf } from "#plugin/selection.ts";

/** What makes a name of its own. */
export interface Fresh {
  readonly now: Date;
  /** Lower-case letters and digits. */
  readonly random: string;
}

/** Flags of restore → RestoreRequest. Pure. */
export function wantedRestore(backup: string, given: RestoreFlags, fresh: Fresh): RestoreRequest {
  const name = backupName.safeParse(given.name ?? generatedRestoreName(backup, fresh.now, fresh.random));
  if (!name.success) throw new Failure("usage", name.error.issues[0]?.message ?? "--name is not a name");
  return restoreRequest.parse({
    name: name.data,
    backup,
    selection: selectionOf(given),
    withDependencies: given.withDependencies,
    withOwners: given.withOwners,
    namespaceMapping: mappingOf(given.namespaceMapping, "--namespace-mapping"),
    storageClassMapping: mappingOf(given.storageClassMapping, "--storage-class-mapping"),
    imageMapping: imageMapping(given.imageMapping),
    existing: given.existing,
    forceConflicts: given.forceConflicts,
    includeStatus: given.includeStatus,
    preserveNodePorts: given.preserveNodePorts,
    emptyVolumes: emptyVolumes(given.emptyVolumes),
    includeExternal: given.includeExternal,
    startJobs: given.startJobs,
    keepManagedFields: given.keepManagedFields,
    keepProtection: given.keepProtection,
    hooks: given.hooks !== "false",
    strict: given.strict,
    wait: given.wait !== "false",
    ...(given.tierTimeout !== undefined && {
      tierTimeoutSeconds: parseDuration(given.tierTimeout, "--tier-timeout"),
    }),
    timeoutSeconds: parseDuration(given.timeout ?? "10m", "--timeout"),
  });
}

function emptyVolumes(text: string | undefined): RestoreRequest["emptyVolumes"] {
  if (text === undefined) return false;
  if (text === "all") return true;
  const claims = text.split(",");
  const wrong = claims.find((claim) => !/^[^/]+\/[^/]+$/.test(claim));
  if (wrong !== undefined) {
    throw new Failure("usage", `--empty-volumes: "${wrong}" is not namespace/claim`, {
      hint: "write --empty-volumes=shop/data",
    });
  }
  return claims;
}

/** With or without a slash at their ends places mean the same. */
function imageMapping(pairs: readonly string[]): RestoreRequest["imageMapping"] {
  const places = Object.entries(labelsOf(pairs, "--image-mapping")).map((pair) =>
    pair.map((place) => place.replace(/\/+$/, "")),
  );
  return Object.fromEntries(
    places.map(([from = "", to = ""]) => {
      if (from === "" || to === "")
        throw new Failure("usage", "--image-mapping: a place is missing", {
          hint: "write --image-mapping registry.example.com/team=mirror.example.com",
        });
      return [from, to];
    }),
  );
}
