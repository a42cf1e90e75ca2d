import type { FlagValues } from "#plugin/command.ts";
import { clusterFlags, locationFlag, outputFlag, partFlags, selectionFlags, yesFlag } from "#plugin/flags.ts";

/** Of `restore`. */
export const restoreFlags = {
  ...selectionFlags,
  ...partFlags,
  name: {
    type: "string",
    value: "NAME",
    describe: "name of this restore",
    fallback: "made from the backup's name and the time",
  },
  "namespace-mapping": {
    type: "list",
    value: "FROM:TO,…",
    describe: "restore namespaces under other names",
    hiddenAliases: ["namespace-mappings"],
  },
  "storage-class-mapping": {
    type: "list",
    value: "FROM:TO,…",
    describe: "storage classes by other names: of claims, their templates and volumes",
  },
  "image-mapping": {
    type: "list",
    value: "OLD=NEW,…",
    describe: "images from another registry or repository; tags and digests stay",
  },
  modifiers: {
    type: "string",
    value: "FILE|configmap/NAME",
    describe: "rules that change objects on their way, in the format of Velero's resource modifiers",
    completes: "files",
  },
  "resource-modifier-configmap": {
    type: "string",
    value: "NAME",
    describe: "Velero's word for --modifiers configmap/velero/NAME",
    hidden: true,
  },
  existing: {
    type: "string",
    value: "skip|update|replace|recreate|fail",
    choices: ["skip", "update", "replace", "recreate", "fail"],
    hiddenChoices: { none: "skip" },
    describe: "what to do with objects that exist and differ",
    fallback: "skip",
    hiddenAliases: ["existing-resource-policy"],
    completes: "choices",
  },
  "force-conflicts": {
    type: "boolean",
    describe:
      "change replicas that an autoscaler has set; in an undo, put back or delete what has changed since the restore, too",
  },
  undo: {
    type: "string",
    value: "RESTORE",
    describe: "put back what this restore has changed, instead of restoring a backup",
    completes: "restores",
  },
  created: {
    type: "boolean",
    describe: "with --undo: delete what that restore created and nobody has changed since, too",
  },
  "include-status": {
    type: "list",
    value: "KIND,…",
    describe: "kinds whose status is restored too",
    hiddenAliases: ["status-include-resources"],
    completes: "kinds",
  },
  "preserve-node-ports": {
    type: "boolean",
    describe: "keep the node ports that the server had chosen",
    hiddenAliases: ["preserve-nodeports"],
  },
  "empty-volumes": {
    type: "string",
    value: "NS/CLAIM,…",
    bare: "all",
    describe: "create claims empty whose data nothing can bring back: all, or those named",
  },
  "include-external": {
    type: "boolean",
    describe:
      "under another name or in another cluster too: let CronJobs run and LoadBalancer Services ask for an address",
  },
  "start-jobs": { type: "boolean", describe: "let jobs run that were running when the backup was made" },
  "keep-managed-fields": { type: "boolean", describe: "restore who manages which field" },
  "keep-protection": { type: "boolean", describe: "keep protection keys under another name too" },
  "dry-run": {
    type: "string",
    value: "client|server",
    choices: ["client", "server", "none"],
    bare: "client",
    describe: "only show the plan; nothing is written. server: ask the server about each object, too",
  },
  hooks: {
    type: "string",
    value: "true|false",
    choices: ["true", "false"],
    bare: "true",
    describe: "run the restore hooks that Velero's annotations ask for in pods that are created",
    fallback: "true",
  },
  wait: {
    type: "string",
    value: "true|false",
    choices: ["true", "false"],
    bare: "true",
    describe: "wait until what was restored is ready",
    fallback: "true",
  },
  timeout: { type: "string", value: "DURATION", describe: "how long to wait for readiness", fallback: "10m" },
  "tier-timeout": {
    type: "string",
    value: "DURATION",
    describe:
      "how long each tier (label kubectl-backup.io/tier: critical, high, normal, low, none) may take to be ready before the next begins; none is not waited for",
    fallback: "as --timeout, 10m",
  },
  strict: {
    type: "boolean",
    describe: "fields the server does not know, and objects that differ, are failures",
  },
  resume: {
    type: "string",
    value: "RESTORE",
    describe: "go on with this restore, which broke off",
    fallback: "the one that the same command began, if it did not end",
    completes: "restores",
  },
  "no-resume": { type: "boolean", describe: "begin anew, also where the same restore broke off before" },
  ...yesFlag,
  ...locationFlag,
  ...outputFlag,
  ...clusterFlags,
} as const;

export type RestoreFlags = FlagValues<typeof restoreFlags>;
