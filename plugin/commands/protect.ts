import type { SelfTest } from "#core/guard/self-test.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { TIERS } from "#core/model/tier.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, dryRunFlag, outputFlag } from "#plugin/flags.ts";
import { protectChange } from "#plugin/requests/protection-request.ts";
import { printChanges } from "#plugin/ui/protection.ts";

export const protectCommand = defineCommand({
  words: ["protect"],
  summary: "Let namespaces be deleted only with a fresh backup",
  description:
    "Labels the namespaces, after the guard has answered a self-test: a label that nobody minds would be no protection. Given again it changes what is given; what weakens the protection needs the right to unprotect.",
  positionals: [
    {
      name: "NAMESPACE",
      describe: "the namespaces",
      required: true,
      many: true,
      completes: "protectable-namespaces",
    },
  ],
  flags: {
    "max-age": {
      type: "string",
      value: "DURATION",
      describe: "how old the newest usable backup may be at most: 30m, 24h, 7d",
      fallback: "by tier: critical 4h, high 12h, normal 24h, low 7d",
    },
    tier: {
      type: "string",
      value: "TIER",
      choices: TIERS,
      describe: "how important the namespace is: critical, high, normal, low, none",
      fallback: "as it is labelled, else normal",
      completes: "choices",
    },
    volumes: {
      type: "string",
      value: "required|waived",
      choices: ["required", "waived"],
      describe: "must the data of every claim be captured too",
      fallback: "required",
      completes: "choices",
    },
    force: { type: "boolean", describe: "write the label though no guard answers; it is then inert" },
    ...dryRunFlag,
    ...outputFlag,
    ...clusterFlags,
  },
  examples: [
    { command: "kubectl backup protect prod", meaning: "with a backup of the last 24 hours" },
    { command: "kubectl backup protect prod billing --max-age 4h", meaning: "two, and fresher" },
    { command: "kubectl backup protect prod --volumes waived", meaning: "without asking after its claims" },
  ],
  exitCodes: [0, 2, 4, 5, 6],
  async run({ positionals, flags }, app) {
    const change = protectChange(flags);
    const namespaces = [...new Set(positionals)];
    const [{ changeProtection, refuseUnguarded }, { openClusterFor }] = await Promise.all([
      import("#core/guard/change-protection.ts"),
      import("#plugin/context.ts"),
    ]);
    refuseUnguarded(namespaces);
    const cluster = await openClusterFor(flags, app);
    try {
      await expectGuard(cluster, flags.force === true, app);
      const request = { namespaces, changeOf: () => change, dryRun: flags.dryRun === "server" };
      const changed = await changeProtection(request, cluster, app.signal);
      await printChanges(app, flags, { word: "protected", changed });
      return 0;
    } finally {
      cluster.close();
    }
  },
});

async function expectGuard(cluster: Cluster, force: boolean, app: App): Promise<void> {
  const { askGuard } = await import("#core/guard/self-test.ts");
  const test = await askGuard(cluster, app.signal);
  if (test.answer === "answered") return;
  const trouble = `${WORDS[test.answer]}${"message" in test ? `: ${test.message}` : ""}`;
  if (force) {
    app.stderr.write(`warning: ${trouble}: the label is inert\n`);
    return;
  }
  throw new Failure("refused", `${trouble}: the label would protect nothing`, {
    hint: "kubectl backup install puts a guard in, guard status tells why one is silent; --force writes the label all the same",
  });
}

const WORDS: Readonly<Record<Exclude<SelfTest["answer"], "answered">, string>> = {
  failed: "the guard does not answer",
  "not-asked": "the guard is not asked when a protected namespace is deleted",
  "not-installed": "no guard is installed in this cluster",
  forbidden: "the guard could not be asked (that is a dry run of deleting its self-test namespace)",
};
