import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, dryRunFlag, outputFlag } from "#plugin/flags.ts";
import { unprotectChange, wantedUnprotection } from "#plugin/requests/protection-request.ts";
import { printChanges } from "#plugin/ui/protection.ts";

export const unprotectCommand = defineCommand({
  words: ["unprotect"],
  summary: "Let protected namespaces go without a backup: once and for a time, or for good",
  description:
    "With --once the protection stays, and whoever may unprotect can delete the namespace until the time is over; the reason stands in the audit log. Without it the protection ends. Both need the verb unprotect on the namespace (ClusterRole kubectl-backup-unprotect).",
  positionals: [
    {
      name: "NAMESPACE",
      describe: "the namespaces",
      required: true,
      many: true,
      completes: "protected-namespaces",
    },
  ],
  flags: {
    once: { type: "boolean", describe: "for one deletion, within --for, with a --reason" },
    for: { type: "string", value: "DURATION", describe: "how long it may be deleted, 24h at most" },
    reason: { type: "string", value: "TEXT", describe: "why; a ticket, for instance" },
    ...dryRunFlag,
    ...outputFlag,
    ...clusterFlags,
  },
  examples: [
    {
      command:
        "kubectl backup unprotect prod --once --for 1h --reason INC-42 && kubectl delete namespace prod",
      meaning: "delete it without a backup",
    },
    { command: "kubectl backup unprotect prod", meaning: "end its protection" },
  ],
  exitCodes: [0, 2, 4, 5, 6],
  async run({ positionals, flags }, app) {
    const wanted = wantedUnprotection(flags);
    const [{ changeProtection }, { openClusterFor }] = await Promise.all([
      import("#core/guard/change-protection.ts"),
      import("#plugin/context.ts"),
    ]);
    const cluster = await openClusterFor(flags, app);
    try {
      const changeOf = unprotectChange(wanted, await cluster.serverTime(app.signal));
      const namespaces = [...new Set(positionals)];
      const request = { namespaces, changeOf, dryRun: flags.dryRun === "server" };
      const changed = await changeProtection(request, cluster, app.signal);
      const word = wanted.how === "once" ? `may be deleted once, for ${flags.for}` : "no longer protected";
      await printChanges(app, flags, { word, changed });
      return 0;
    } finally {
      cluster.close();
    }
  },
});
