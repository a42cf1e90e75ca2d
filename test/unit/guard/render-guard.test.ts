import { expect, test } from "vitest";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { type GuardOptions, renderGuard } from "#core/guard/render-guard.ts";
import { GUARD } from "#core/model/guard.ts";

const OPTIONS: GuardOptions = {
  image: `guard@sha256:${"ab".repeat(32)}`,
  locations: { default: "main", locations: { main: "s3://bucket?region=x" } },
  credentials: { from: "service-account" },
  port: GUARD.port,
  hostNetwork: false,
  components: [],
};
const files = await manifestFiles();

// What of a rendered object is looked at here stands there, or the test fails.
// biome-ignore lint/suspicious/noExplicitAny: paths into YAML, whose shape the test is about.
function rendered(kind: string, changes: Partial<GuardOptions> = {}): any {
  return renderGuard(files, { ...OPTIONS, ...changes }).find((object) => object.kind === kind);
}

test("one of two pods is there at any time: a budget for them, and each on another node and zone where there are some", () => {
  const { replicas, selector, template, strategy } = rendered("Deployment").spec;
  const pods = template.metadata.labels;
  expect(replicas).toBe(2);
  expect(strategy.rollingUpdate).toEqual({ maxSurge: 1, maxUnavailable: 0 });
  const budget = rendered("PodDisruptionBudget");
  expect(budget.metadata.namespace).toBe(GUARD.namespace);
  expect(budget.spec).toEqual({
    minAvailable: 1,
    unhealthyPodEvictionPolicy: "AlwaysAllow",
    selector,
  });
  const [{ podAffinityTerm }] =
    template.spec.affinity.podAntiAffinity.preferredDuringSchedulingIgnoredDuringExecution;
  expect(podAffinityTerm).toEqual({ topologyKey: "kubernetes.io/hostname", labelSelector: selector });
  expect(template.spec.topologySpreadConstraints).toMatchObject([
    {
      topologyKey: "topology.kubernetes.io/zone",
      whenUnsatisfiable: "ScheduleAnyway",
      labelSelector: selector,
    },
  ]);
  expect(pods).toMatchObject(selector.matchLabels);
});

test("of as many replicas as are asked for; on the node's network the old pod goes first, for the port is taken", () => {
  const { spec } = rendered("Deployment", { replicas: 5, hostNetwork: true, port: GUARD.hostNetworkPort });
  expect(spec.replicas).toBe(5);
  expect(spec.strategy.rollingUpdate).toEqual({ maxSurge: 0, maxUnavailable: 1 });
  expect(spec.template.spec).toMatchObject({ hostNetwork: true, dnsPolicy: "ClusterFirstWithHostNet" });
});

test("a pod that ends has time to be forgotten and to answer what is under way", () => {
  const { spec } = rendered("Deployment").spec.template;
  const [{ lifecycle }] = spec.containers;
  const { seconds } = lifecycle.preStop.sleep;
  expect(seconds).toBeGreaterThanOrEqual(5);
  // A review takes five seconds at most.
  expect(spec.terminationGracePeriodSeconds).toBeGreaterThan(seconds + 10);
});

test("it runs as nobody, changes nothing of its own and has no capabilities", () => {
  const { spec } = rendered("Deployment").spec.template;
  expect(spec.securityContext).toMatchObject({
    runAsNonRoot: true,
    seccompProfile: { type: "RuntimeDefault" },
  });
  expect(spec.containers[0].securityContext).toEqual({
    allowPrivilegeEscalation: false,
    readOnlyRootFilesystem: true,
    capabilities: { drop: ["ALL"] },
  });
});

test.each([
  ["configmap", { configMap: { name: "lab", items: [{ key: "ca.crt", path: "ca.crt" }] } }],
  ["secret", { secret: { secretName: "lab", items: [{ key: "ca.crt", path: "ca.crt" }] } }],
] as const)(
  "a private authority of the locations comes from a %s, mounted where Node is told to read it",
  (from, source) => {
    const { spec } = rendered("Deployment", { locationCa: { from, name: "lab" } }).spec.template;
    const [{ env, volumeMounts }] = spec.containers;
    const { mountPath, name, readOnly } = volumeMounts.at(-1);
    expect(spec.volumes.at(-1)).toEqual({ name, ...source });
    expect(readOnly).toBe(true);
    expect(env.at(-1)).toEqual({ name: "NODE_EXTRA_CA_CERTS", value: `${mountPath}/ca.crt` });
    expect(JSON.stringify(rendered("Deployment"))).not.toContain("NODE_EXTRA_CA_CERTS");
  },
);

test("the webhook configuration is applied after all that answers for it", () => {
  expect(renderGuard(files, OPTIONS).at(-1)?.kind).toBe("ValidatingWebhookConfiguration");
});
