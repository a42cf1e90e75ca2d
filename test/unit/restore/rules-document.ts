import type { ItemKind } from "#core/model/item.ts";
import { neverRestoredRules } from "#core/objects/never-restored.ts";
import { notStoredRules, type PublishedRule } from "#core/objects/not-stored.ts";
import { movedKinds } from "#core/objects/versions/extensions-group.ts";
import { olderVersions } from "#core/objects/versions/older-versions.ts";
import { LANES, laneOf, orderedKinds } from "#core/restore/order.ts";
import { metadataRules } from "#core/restore/rules/metadata.ts";
import { ruledKinds, ruleFor } from "#core/restore/rules.ts";
import { markdownTable } from "#test/harness/markdown-table.ts";

/** Built-in kinds without a rule or a place of their own. */
const PLAIN_KINDS = [
  "clustertrustbundles.certificates.k8s.io",
  "ingresses.networking.k8s.io",
  "podtemplates",
  "replicationcontrollers",
  "resourceclaimtemplates.resource.k8s.io",
  "statefulsets.apps",
];

const OF_ALL = "As for all kinds.";

/** docs/restore-rules.md, from the rules themselves. */
export function rulesDocument(): string {
  return `${[
    "# What a restore does with each kind",
    "Written by the unit tests from the rules in core/restore; `vitest run --project unit test/unit/restore/rules-document.test.ts -u` writes it anew.",
    "## All kinds",
    list(metadataRules),
    "## Kind by kind",
    "Kinds that are not listed, those of custom resource definitions among them, are restored as all kinds are. Of custom resources:",
    list(ruleFor({ group: "example.com", resource: "widgets" }).does),
    kindTable(),
    "## Order",
    "Lanes run side by side; each starts when those it waits for have ended. Later steps (owner references, status, field managers, releasing CronJobs) come before the lane `gates`, conversion webhooks after all.",
    markdownTable(
      ["Lane", "Waits for"],
      LANES.map(({ name, after }) => [name, after.join(", ") || "nothing"]),
    ),
    "## Never restored",
    "In backups for information, never written to a cluster.",
    published(neverRestoredRules),
    "## Removed API versions",
    "An object is written in the version in which it lies in the backup. Where the cluster does not serve that one:",
    published([...movedKinds, ...olderVersions]),
    "Any other version that the cluster does not serve is named, its objects fail, and nothing is guessed.",
    "Owner references name a version that the cluster serves. Rules of roles, webhooks and admission policies that name the group `extensions` alone stay as they are, and what they no longer reach is named.",
    "## Not stored",
    "No backup holds these.",
    published(notStoredRules),
  ].join("\n\n")}\n`;
}

function kindTable(): string {
  const kinds = [...new Set([...ruledKinds, ...orderedKinds, ...PLAIN_KINDS])].toSorted();
  return markdownTable(
    ["Kind", "Lane", "What a restore does"],
    kinds.map((name) => {
      const kind = kindNamed(name);
      const { does } = ruleFor(kind);
      return [name, laneOf(kind), does.join(" ") || OF_ALL];
    }),
  );
}

function kindNamed(name: string): Pick<ItemKind, "group" | "resource"> {
  const [resource = "", ...group] = name.split(".");
  return { resource, group: group.join(".") };
}

function published(rules: readonly PublishedRule[]): string {
  return markdownTable(
    ["What", "Why, or how"],
    rules.map(({ what, reason }) => [what, reason]),
  );
}

function list(lines: readonly string[]): string {
  return lines.map((line) => `- ${line}`).join("\n");
}
