import { expect, test } from "vitest";
import type { GuardStatus } from "#core/guard/guard-status.ts";
import { protectionOf } from "#core/protection/protection-of.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { guardStatusHints, guardStatusText } from "#plugin/ui/guard-status.ts";

const protection = protectionOf(
  { labels: { "kubectl-backup.io/protect": "true", "kubectl-backup.io/tier": "high" }, annotations: {} },
  DEFAULT_SETTINGS,
);

const STATUS: GuardStatus = {
  checks: [
    { check: "deployment", state: "ok", detail: "2 of 2 pods are ready", help: [] },
    { check: "answer", state: "failed", detail: "no endpoints", help: ["no pod of the guard is ready"] },
  ],
  namespaces: [
    {
      name: "shop",
      protection,
      outlook: { deletion: "allowed", because: "backup shop-1" },
      backup: { name: "shop-1", ageSeconds: 12_000 },
    },
    {
      name: "prod",
      protection: { ...protection, areVolumesWaived: true },
      outlook: { deletion: "refused", reason: "none", because: "there is no backup of it" },
      skip: { namespace: "prod", until: new Date("2026-05-01T12:00:00Z"), reason: "INC-42" },
    },
  ],
  mistakes: [
    {
      namespace: "web",
      found: "label kubectl-backup.io/protected=true",
      means: "means nothing",
      mend: "kubectl backup protect web",
      isAmiss: true,
    },
  ],
};

test("health, namespaces and mistakes are a table each; wide tells what else protection goes by", () => {
  const { text } = guardStatusText(STATUS);
  expect(text(false)).toMatchInlineSnapshot(`
    "CHECK       STATE   DETAIL
    deployment  ok      2 of 2 pods are ready
    answer      failed  no endpoints

    NAMESPACE  TIER  BACKUP  AGE     LIMIT  DELETION
    shop       high  shop-1  3h20m   12h    allowed
    prod       high  <none>  <none>  12h    refused: there is no backup of it (allowed to who may unprotect, until 2026-05-01T12:00:00.000Z)

    NAMESPACE  FOUND                                   MEANING
    web        label kubectl-backup.io/protected=true  means nothing
    "
  `);
  expect(text(true).split("\n").slice(4, 7)).toMatchInlineSnapshot(`
    [
      "NAMESPACE  TIER  BACKUP  AGE     LIMIT  VOLUMES   EXCLUSIONS  SKIP UNTIL                DELETION",
      "shop       high  shop-1  3h20m   12h    required  none        <none>                    allowed",
      "prod       high  <none>  <none>  12h    waived    none        2026-05-01T12:00:00.000Z  refused: there is no backup of it (allowed to who may unprotect, until 2026-05-01T12:00:00.000Z)",
    ]
  `);
});

test("without protected namespaces and mistakes there is nothing to show of them", () => {
  const { text } = guardStatusText({ ...STATUS, namespaces: [], mistakes: [] });
  expect(text(false).split("\n")).toHaveLength(4);
});

test("scripts get the same as JSON and the namespaces by name", () => {
  const { document, names } = guardStatusText(STATUS);
  expect(names).toEqual(["namespace/shop", "namespace/prod"]);
  expect(document).toMatchObject({
    namespaces: [
      { name: "shop", tier: "high", maxAgeSeconds: 43_200, deletion: "allowed", volumes: "required" },
      { name: "prod", deletion: "refused", reason: "none", skip: { until: "2026-05-01T12:00:00.000Z" } },
    ],
    mistakes: [{ isAmiss: true }],
  });
});

test("what helps and what mends is said", () => {
  expect(guardStatusHints(STATUS)).toEqual(["no pod of the guard is ready", "kubectl backup protect web"]);
});
