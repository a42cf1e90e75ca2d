import { Failure } from "#core/model/errors.ts";
import { defineCommand } from "#plugin/command.ts";
import { restoreCommand } from "./restore.ts";

/** Velero's words for restore: fingers that know them find what they look for. */
export const restoreCreateCommand = defineCommand({
  words: ["restore", "create"],
  hidden: true,
  summary: "Restore a backup, in Velero's words",
  positionals: [{ name: "NAME", describe: "name of this restore" }],
  flags: {
    "from-backup": { type: "string", value: "BACKUP", describe: "the backup", completes: "backups" },
    ...restoreCommand.flags,
  },
  examples: [
    {
      command: "kubectl backup restore create --from-backup nightly",
      meaning: "the same as kubectl backup restore nightly",
    },
  ],
  exitCodes: restoreCommand.exitCodes,
  run({ positionals: [name], flags: { fromBackup, ...flags } }, app) {
    if (fromBackup === undefined) {
      throw new Failure("usage", "--from-backup is missing", { hint: "kubectl backup restore BACKUP" });
    }
    const backup = fromBackup.replace(/^backups?\//, "");
    const given = name === undefined ? flags : { ...flags, name };
    return restoreCommand.run({ positionals: [backup], flags: given }, app);
  },
});
