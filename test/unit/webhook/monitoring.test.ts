import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { parseDocument } from "yaml";
import * as z from "zod";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { GUARD } from "#core/model/guard.ts";
import { createMetrics } from "#webhook/metrics.ts";

// Alerts that ask for what nobody measures stay silent for ever.
const Rules = z.object({
  kind: z.literal("PrometheusRule"),
  spec: z.object({
    groups: z.array(
      z.object({
        rules: z.array(
          z.object({
            alert: z.string(),
            expr: z.string(),
            labels: z.object({ severity: z.enum(["info", "warning", "critical"]) }),
            annotations: z.object({ summary: z.string(), description: z.string() }),
          }),
        ),
      }),
    ),
  }),
});
const Dashboard = z.object({
  panels: z.array(
    z.object({ id: z.number(), title: z.string(), targets: z.array(z.object({ expr: z.string() })) }),
  ),
});

let alerts: z.infer<typeof Rules>["spec"]["groups"][number]["rules"];
let panels: z.infer<typeof Dashboard>["panels"];
let monitor: unknown;

beforeAll(async () => {
  const files = await manifestFiles();
  const read = (name: string): unknown => {
    const document = parseDocument(files[`monitoring/${name}`] ?? "");
    expect(document.errors).toEqual([]);
    return document.toJS();
  };
  alerts = Rules.parse(read("alerts.yaml")).spec.groups.flatMap(({ rules }) => rules);
  const { data } = z.object({ data: z.record(z.string(), z.string()) }).parse(read("dashboard.yaml"));
  panels = Object.values(data).flatMap((text) => Dashboard.parse(JSON.parse(text)).panels);
  monitor = read("pod-monitor.yaml");
});

/** Every series that a scrape may hold: a histogram has three. */
async function seriesMeasured(): Promise<ReadonlySet<string>> {
  const { registry } = createMetrics();
  const types = (await registry.metrics()).matchAll(/^# TYPE (\S+) (\S+)$/gm);
  return new Set(
    [...types].flatMap(([, name = "", type]) =>
      type === "histogram" ? ["_bucket", "_sum", "_count"].map((end) => name + end) : [name],
    ),
  );
}

function seriesAsked(expression: string): readonly string[] {
  return expression.match(/\bkubectl_backup_\w+/g) ?? [];
}

/** What stands in braces before an operator, and in brackets after by and on, less those that histograms have. */
function labelsAsked(expression: string): readonly string[] {
  const grouped = [...expression.matchAll(/\b(?:by|on) \(([^)]*)\)/g)].flatMap(([, list = ""]) =>
    list.split(/,\s*/),
  );
  const matched = [...expression.matchAll(/(\w+)=~?"/g)].map(([, label = ""]) => label);
  return [...grouped, ...matched].filter((label) => label !== "le");
}

test("every alert and every panel asks for series and labels that the guard measures", async () => {
  const measured = await seriesMeasured();
  const source = await readFile(join(import.meta.dirname, "../../../webhook/metrics.ts"), "utf8");
  const labels = [...source.matchAll(/labelNames: \[([^\]]*)\]/g)].flatMap(
    ([, list = ""]) => list.match(/\w+/g) ?? [],
  );
  const expressions = [
    ...alerts.map(({ expr }) => expr),
    ...panels.flatMap(({ targets }) => targets.map(({ expr }) => expr)),
  ];
  for (const expression of expressions) {
    const asked = seriesAsked(expression);
    expect([expression, asked.length > 0]).toEqual([expression, true]);
    expect([expression, asked.filter((name) => !measured.has(name))]).toEqual([expression, []]);
    expect([expression, labelsAsked(expression).filter((label) => !labels.includes(label))]).toEqual([
      expression,
      [],
    ]);
  }
});

test("all that is measured is on the dashboard and told of in the README", async () => {
  const readme = await readFile(join(import.meta.dirname, "../../../README.md"), "utf8");
  const shown = new Set(panels.flatMap(({ targets }) => targets.flatMap(({ expr }) => seriesAsked(expr))));
  for (const { name } of createMetrics().registry.getMetricsAsArray()) {
    const isShown = [name, `${name}_bucket`, `${name}_sum`].some((series) => shown.has(series));
    expect([name, isShown, readme.includes(`\`${name}\``)]).toEqual([name, true, true]);
  }
});

test("somebody is woken for what keeps the guard from guarding, and told of what it finds", () => {
  expect(alerts.map(({ alert }) => alert)).toEqual([
    "KubectlBackupGuardDown",
    "KubectlBackupGuardIndexOld",
    "KubectlBackupGuardCertificateExpires",
    "KubectlBackupNamespaceWithoutBackup",
    "KubectlBackupGuardClockSkew",
    "KubectlBackupDeletionRefused",
  ]);
});

test("what is scraped is the guard, under the name that its certificate has", () => {
  expect(monitor).toMatchObject({
    metadata: { namespace: GUARD.namespace },
    spec: {
      selector: { matchLabels: { "app.kubernetes.io/name": GUARD.name } },
      podMetricsEndpoints: [
        {
          port: "https",
          tlsConfig: {
            serverName: `${GUARD.name}.${GUARD.namespace}.svc`,
            ca: { secret: { name: GUARD.tlsSecret, key: "ca.crt" } },
          },
        },
      ],
    },
  });
});
