import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { ClaimFate, SnapshotContentFate } from "#core/restore/rule.ts";
import { ruleFor } from "#core/restore/rules.ts";
import { factsFor, sent, storedItem, transformed } from "./rules-fixture.ts";

const metadata = { name: "one", namespace: "app" };
const spec = (given: Parameters<typeof sent>[0]) => sent(given)["spec"] as ExactObject;
const decide = (name: string, more: Parameters<typeof storedItem>[0], facts = factsFor()) => {
  const [resource = "", ...group] = name.split(".");
  return ruleFor({ resource, group: group.join(".") }).decide?.(storedItem(more), facts)?.reason;
};

describe("volume snapshots", () => {
  const snapshots = { resource: "volumesnapshots", group: "snapshot.storage.k8s.io" };
  const contents = { resource: "volumesnapshotcontents", group: "snapshot.storage.k8s.io" };
  const content = (source: ExactObject, status: ExactObject = {}) => ({
    metadata: { name: "one" },
    spec: {
      deletionPolicy: "Delete",
      driver: "d",
      source,
      volumeSnapshotRef: {
        kind: "VolumeSnapshot",
        namespace: "app",
        name: "s",
        uid: "old",
        resourceVersion: "7",
      },
    },
    status,
  });
  const cut = content({ volumeHandle: "v" }, { snapshotHandle: "h" });

  it("contents name the snapshot that was cut, and their object without its uid", () => {
    expect(sent({ ...contents, object: cut })).toEqual({
      metadata: { name: "one" },
      spec: {
        deletionPolicy: "Delete",
        driver: "d",
        source: { snapshotHandle: "h" },
        volumeSnapshotRef: { kind: "VolumeSnapshot", namespace: "app", name: "s" },
      },
    });
    expect(spec({ ...contents, object: content({ snapshotHandle: "h" }) })).toMatchObject({
      source: { snapshotHandle: "h" },
    });
  });

  it("contents of a copy name the copy, and never delete the original's snapshot", () => {
    const given = { ...contents, object: cut, request: { namespaceMapping: { app: "copy" } } };
    expect(transformed(given)).toMatchObject({
      object: { spec: { deletionPolicy: "Retain", volumeSnapshotRef: { namespace: "copy" } } },
      warnings: [expect.stringContaining("Retain")],
    });
    expect(spec({ ...contents, object: cut, facts: { otherCluster: true } })).toMatchObject({
      deletionPolicy: "Retain",
    });
  });

  it("contents without a snapshot do not return: one would be cut of what the volume holds now", () => {
    expect(transformed({ ...contents, object: content({ volumeHandle: "v" }) })).toMatchObject({
      reason: "snapshot-not-cut",
    });
  });

  it("contents whose name serves another snapshot get another one, and are retained", () => {
    const facts = {
      snapshotContents: new Map<string, SnapshotContentFate>([["one", { fate: "restored", name: "one-2" }]]),
    };
    expect(transformed({ ...contents, object: cut, facts })).toMatchObject({
      object: { metadata: { name: "one-2" }, spec: { deletionPolicy: "Retain" } },
      warnings: [expect.stringContaining("Retain")],
    });
  });

  it("contents stay away whose snapshot is there with another one, or of which nothing had been cut", () => {
    const facts = (fate: SnapshotContentFate) => ({ snapshotContents: new Map([["one", fate]]) });
    const name = "volumesnapshotcontents.snapshot.storage.k8s.io";
    expect(decide(name, {}, factsFor({}, facts({ fate: "left", message: "m" })))).toBe("snapshot-exists");
    expect(decide(name, {}, factsFor({}, facts({ fate: "uncut" })))).toBe("snapshot-not-cut");
    expect(decide(name, {}, factsFor({}, facts({ fate: "restored", name: "x" })))).toBeUndefined();
  });

  const source = { persistentVolumeClaimName: "data" };
  const bound = { metadata, spec: { source }, status: { boundVolumeSnapshotContentName: "c" } };

  it("point to what was cut of their claim", () => {
    expect(spec({ ...snapshots, object: bound })).toEqual({ source: { volumeSnapshotContentName: "c" } });
    expect(spec({ ...snapshots, object: { metadata, spec: { source } } })).toEqual({ source });
  });

  it("point to what was cut by the name that it is restored with, also where they named it themselves", () => {
    const facts = {
      snapshotContents: new Map<string, SnapshotContentFate>([["c", { fate: "restored", name: "c-2" }]]),
    };
    const named = { metadata, spec: { source: { volumeSnapshotContentName: "c" } } };
    for (const object of [bound, named]) {
      expect(spec({ ...snapshots, object, facts })).toEqual({ source: { volumeSnapshotContentName: "c-2" } });
    }
  });

  it("of a copy stay away without their content: that of the original is not theirs", () => {
    const request = { namespaceMapping: { [metadata.namespace]: "copy" } };
    expect(transformed({ ...snapshots, object: bound, request })).toMatchObject({
      verdict: "fail",
      reason: "snapshot-content-missing",
      message: expect.stringContaining("content c"),
    });
    const uncut = { snapshotContents: new Map<string, SnapshotContentFate>([["c", { fate: "uncut" }]]) };
    expect(transformed({ ...snapshots, object: bound, facts: uncut })).toMatchObject({
      reason: "snapshot-not-cut",
    });
  });
});

describe("Services", () => {
  const service = (more: ExactObject, annotations: ExactObject = {}) => ({
    metadata: { ...metadata, annotations },
    spec: { clusterIP: "10.0.0.7", clusterIPs: ["10.0.0.7"], ...more },
  });
  const ports = [{ port: 80, protocol: "TCP", nodePort: 30080 }];

  it("lose their addresses and allocated ports", () => {
    expect(spec({ resource: "services", object: service({ ports, healthCheckNodePort: 31000 }) })).toEqual({
      ports: [{ port: 80, protocol: "TCP" }],
    });
  });

  it("keep ports that kubectl applied, or that somebody's request named, or all when asked", () => {
    const applied = {
      "kubectl.kubernetes.io/last-applied-configuration": '{"spec":{"ports":[{"port":80,"nodePort":30080}]}}',
    };
    const object = service({ ports });
    const managed = {
      ...object,
      metadata: {
        ...metadata,
        managedFields: [
          {
            fieldsV1: { "f:spec": { "f:ports": { 'k:{"port":80,"protocol":"TCP"}': { "f:nodePort": {} } } } },
          },
        ],
      },
    };
    expect(spec({ resource: "services", object: service({ ports }, applied) })["ports"]).toEqual(ports);
    expect(spec({ resource: "services", object: managed })["ports"]).toEqual(ports);
    expect(spec({ resource: "services", object, request: { preserveNodePorts: true } })["ports"]).toEqual(
      ports,
    );
  });

  it("keep a port that was edited after kubectl had applied, and none that a controller set", () => {
    const ports = [
      { port: 80, nodePort: 30080 },
      { port: 81, nodePort: 30081 },
      { port: 82, nodePort: 30082 },
    ];
    const applied = '{"spec":{"ports":[{"port":80,"nodePort":30080},{"port":81},{"port":82}]}}';
    const names = (manager: string, port: number) => ({
      manager,
      fieldsV1: {
        "f:spec": {
          "f:healthCheckNodePort": {},
          "f:ports": { [`k:{"port":${port},"protocol":"TCP"}`]: { "f:nodePort": {} } },
        },
      },
    });
    const made = service({ ports, healthCheckNodePort: 31000 });
    const object = (...managedFields: readonly ExactObject[]) => ({
      ...made,
      metadata: {
        ...metadata,
        annotations: { "kubectl.kubernetes.io/last-applied-configuration": applied },
        managedFields,
      },
    });
    const edited = object(names("kubectl-edit", 81), names("cloud-controller-manager", 82));
    expect(spec({ resource: "services", object: edited })).toEqual({
      ports: [{ port: 80, nodePort: 30080 }, { port: 81, nodePort: 30081 }, { port: 82 }],
      healthCheckNodePort: 31000,
    });
    expect(
      spec({ resource: "services", object: object(names("cloud-controller-manager", 82)) }),
    ).not.toHaveProperty("healthCheckNodePort");
  });

  it("stay headless, and outside names stay untouched", () => {
    const headless = service({ clusterIP: "None", clusterIPs: ["None"] });
    const outside = { metadata, spec: { type: "ExternalName", externalName: "example.com", clusterIP: "" } };
    expect(spec({ resource: "services", object: headless })).toMatchObject({ clusterIP: "None" });
    expect(spec({ resource: "services", object: outside })).toEqual(outside.spec);
  });

  it("of a copy ask for no address outside, unless told", () => {
    const object = service({ type: "LoadBalancer", loadBalancerIP: "192.0.2.1", ports });
    const request = { namespaceMapping: { app: "copy" } };
    expect(spec({ resource: "services", object, request })).toEqual({
      type: "ClusterIP",
      ports: [{ port: 80, protocol: "TCP" }],
    });
    expect(
      spec({ resource: "services", object, request: { ...request, includeExternal: true } }),
    ).toMatchObject({
      type: "LoadBalancer",
    });
    expect(spec({ resource: "services", object })).toMatchObject({ type: "LoadBalancer" });
  });

  it.each([
    {
      message: "spec.ports[0].nodePort: Invalid value: 30080: provided port is already allocated",
      status: 422,
      gone: "nodePort",
    },
    {
      message: "spec.ipFamilyPolicy: Invalid value: may not be dual-stack",
      status: 422,
      gone: "ipFamilyPolicy",
    },
  ])("have another form for a refusal: $message", ({ message, status, gone }) => {
    const object = {
      metadata,
      spec: { ports, ipFamilyPolicy: "RequireDualStack", ipFamilies: ["IPv4", "IPv6"] },
    };
    const { request } = factsFor();
    const softened = ruleFor({ group: "", resource: "services" }).afterRefusal?.(object, {
      status,
      message,
      request,
    });
    expect(JSON.stringify(softened?.object)).not.toContain(`"${gone}"`);
    expect(softened?.warning).toBeTruthy();
  });
});

describe("claims and volumes", () => {
  const claim = {
    metadata: { ...metadata, annotations: { "pv.kubernetes.io/bind-completed": "yes", mine: "yes" } },
    spec: { volumeName: "pv-1", storageClassName: "fast" },
    status: { phase: "Bound" },
  };
  const withFate = (fate: ClaimFate) => ({ claims: new Map([["app/one", fate]]) });

  it.each<{ fate: ClaimFate; volumeName: string | undefined }>([
    { fate: { fate: "empty", message: "its data is not in the backup" }, volumeName: undefined },
    { fate: { fate: "rebind", volume: "pv-1" }, volumeName: "pv-1" },
    { fate: { fate: "static", volume: "pv-1" }, volumeName: "pv-1" },
  ])(
    "a claim's binding is undone, and its volume named only where that comes back: $fate.fate",
    ({ fate, volumeName }) => {
      const object = sent({ resource: "persistentvolumeclaims", object: claim, facts: withFate(fate) });
      expect(object).toEqual({
        metadata: { ...metadata, annotations: { mine: "yes" } },
        spec: { storageClassName: "fast", ...(volumeName !== undefined && { volumeName }) },
      });
    },
  );

  it("a volume that was bound returns only with its claim, mapped and without the old uid", () => {
    const object = {
      metadata: { name: "pv-1" },
      spec: { claimRef: { namespace: "app", name: "one", uid: "stale", resourceVersion: "1" } },
    };
    const request = { namespaceMapping: { app: "copy" } };
    const given = { resource: "persistentvolumes", object, request };
    expect(transformed(given)).toMatchObject({ verdict: "skip", reason: "volume-of-a-claim" });
    const ofAnother = withFate({ fate: "static", volume: "pv-2" });
    expect(transformed({ ...given, facts: ofAnother })).toMatchObject({ reason: "volume-of-a-claim" });
    expect(spec({ ...given, facts: withFate({ fate: "static", volume: "pv-1" }) })).toEqual({
      claimRef: { namespace: "copy", name: "one" },
    });
  });
});

describe("jobs", () => {
  const job = (more: ExactObject) => ({
    metadata: { ...metadata, labels: { "controller-uid": "u", mine: "yes" } },
    spec: {
      selector: {},
      template: { metadata: { labels: { "batch.kubernetes.io/controller-uid": "u", a: "b" } } },
      ...more,
    },
  });

  it("that ran return suspended and without the old selector", () => {
    const object = sent({ resource: "jobs", group: "batch", object: job({}) });
    expect(object).toEqual({
      metadata: { ...metadata, labels: { mine: "yes" } },
      spec: { suspend: true, template: { metadata: { labels: { a: "b" } } } },
    });
  });

  it("keep a selector that their user wrote", () => {
    const object = job({ manualSelector: true });
    expect(spec({ resource: "jobs", group: "batch", object })).toHaveProperty("selector");
  });

  it("run when that was asked", () => {
    const request = { startJobs: true };
    expect(spec({ resource: "jobs", group: "batch", object: job({}), request })).not.toHaveProperty(
      "suspend",
    );
  });

  it.each([
    { status: { completionTime: "2026-01-01T00:00:00Z" } },
    { status: { conditions: [{ type: "Failed", status: "True" }] } },
    { status: { conditions: [{ type: "Complete", status: "True" }] } },
    { status: { conditions: [{ type: "SuccessCriteriaMet", status: "True" }] } },
    { status: { conditions: [{ type: "FailureTarget", status: "True" }] } },
  ])("that have ended stay away: %o", ({ status }) => {
    expect(transformed({ resource: "jobs", group: "batch", object: { ...job({}), status } })).toMatchObject({
      reason: "finished-job",
    });
  });

  it("of a CronJob stay away", () => {
    const object = {
      ...job({}),
      metadata: { ...metadata, ownerReferences: [{ kind: "CronJob", uid: "c" }] },
    };
    expect(transformed({ resource: "jobs", group: "batch", object })).toMatchObject({
      reason: "controller-made",
    });
  });

  it("CronJobs sleep until the end, those of a copy for good, and those that slept stay as they were", () => {
    const given = { resource: "cronjobs", group: "batch", object: { metadata, spec: { suspend: false } } };
    const copy = { ...given, request: { namespaceMapping: { app: "copy" } } };
    const slept = { ...given, object: { metadata, spec: { suspend: true } } };
    expect(transformed(given)).toMatchObject({
      object: { spec: { suspend: true } },
      later: [{ name: "un-suspend", patch: { spec: { suspend: false } }, after: "objects" }],
    });
    expect(transformed(copy)).toMatchObject({
      object: { spec: { suspend: true } },
      warnings: [expect.any(String)],
    });
    expect(transformed(copy)).not.toHaveProperty("later");
    expect(transformed(slept)).not.toHaveProperty("later");
  });
});

describe("pods", () => {
  const pod = (more: ExactObject, status: ExactObject = {}) => ({
    metadata,
    spec: { containers: [], ...more },
    status,
  });

  it("lose what the old scheduler and admission set", () => {
    const object = pod({
      nodeName: "n",
      priority: 9,
      preemptionPolicy: "x",
      overhead: {},
      ephemeralContainers: [{}],
    });
    expect(spec({ resource: "pods", object })).toEqual({ containers: [] });
  });

  it("lose the volumes of token Secrets that do not return, and keep projected tokens", () => {
    const object = pod({
      serviceAccountName: "robot",
      containers: [{ volumeMounts: [{ name: "robot-token-abc12" }, { name: "kube-api-access-x" }] }],
      volumes: [
        { name: "robot-token-abc12", secret: { secretName: "robot-token-abc12" } },
        { name: "kube-api-access-x", projected: {} },
      ],
    });
    expect(spec({ resource: "pods", object })).toMatchObject({
      containers: [{ volumeMounts: [{ name: "kube-api-access-x" }] }],
      volumes: [{ name: "kube-api-access-x" }],
    });
  });

  it.each([
    { object: pod({}, { phase: "Succeeded" }), reason: "finished-pod" },
    { object: pod({}, { phase: "Failed" }), reason: "finished-pod" },
    {
      object: { ...pod({}), metadata: { ...metadata, annotations: { "kubernetes.io/config.mirror": "x" } } },
      reason: "mirror-pod",
    },
  ])("that are over or a kubelet's stay away: $reason", ({ object, reason }) => {
    expect(transformed({ resource: "pods", object })).toMatchObject({ reason });
  });

  it("of a controller that is selected stay away, others do not", () => {
    const owned = factsFor({}, { owners: new Map([["rs", "created"]]) });
    expect(decide("pods", { ownerUids: ["rs"] }, owned)).toBe("controller-made");
    expect(decide("pods", { ownerUids: ["unknown"] }, owned)).toBeUndefined();
  });

  it("ReplicaSets return for a Deployment that is restored, not for one that is there or left out", () => {
    const facts = (fate: "created" | "exists" | "left-out") =>
      factsFor({}, { owners: new Map([["d", fate]]) });
    expect(decide("replicasets.apps", { ownerUids: ["d"] }, facts("created"))).toBeUndefined();
    expect(decide("replicasets.apps", { ownerUids: ["d"] }, facts("exists"))).toBe("owner-exists");
    expect(decide("replicasets.apps", { ownerUids: ["d"] }, facts("left-out"))).toBe("controller-made");
    expect(decide("replicasets.apps", {}, facts("exists"))).toBeUndefined();
  });
});

describe("what clusters make by themselves", () => {
  it.each([
    ["configmaps", { name: "kube-root-ca.crt" }, "auto-made"],
    ["configmaps", { name: "mine" }, undefined],
    ["priorityclasses.scheduling.k8s.io", { name: "system-node-critical" }, "auto-made"],
    ["servicecidrs.networking.k8s.io", { name: "kubernetes" }, "auto-made"],
    ["services", { namespace: "default", name: "kubernetes" }, "auto-made"],
    ["services", { namespace: "app", name: "kubernetes" }, undefined],
    [
      "apiservices.apiregistration.k8s.io",
      { labels: { "kube-aggregator.kubernetes.io/automanaged": "true" } },
      "auto-made",
    ],
    [
      "endpointslices.discovery.k8s.io",
      { labels: { "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io" } },
      "controller-made",
    ],
    [
      "endpointslices.discovery.k8s.io",
      { labels: { "endpointslice.kubernetes.io/managed-by": "me" } },
      undefined,
    ],
    [
      "endpoints",
      { labels: { "endpoints.kubernetes.io/managed-by": "endpoint-controller" } },
      "controller-made",
    ],
  ])("%s %o: %s", (kind, item, reason) => {
    expect(decide(kind, item)).toBe(reason);
  });

  it("Endpoints of a Service with a selector are the controller's, others their user's", () => {
    const facts = factsFor({}, { selectingServices: new Set(["app/web"]) });
    expect(decide("endpoints", { name: "web" }, facts)).toBe("controller-made");
    expect(decide("endpoints", { name: "db" }, facts)).toBeUndefined();
  });

  it("flow schemas that the server keeps stay away", () => {
    const group = "flowcontrol.apiserver.k8s.io";
    const object = {
      metadata: { name: "one", annotations: { "apf.kubernetes.io/autoupdate-spec": "true" } },
    };
    expect(transformed({ resource: "flowschemas", group, object })).toMatchObject({ reason: "auto-made" });
  });

  it("default roles stay the server's unless somebody took them over", () => {
    const role = (annotations: ExactObject) => ({
      metadata: { name: "one", labels: { "kubernetes.io/bootstrapping": "rbac-defaults" }, annotations },
      rules: [{}],
    });
    const given = (annotations: ExactObject) => ({
      resource: "clusterroles",
      group: "rbac.authorization.k8s.io",
      object: role(annotations),
    });
    expect(transformed(given({}))).toMatchObject({ reason: "auto-made" });
    expect(sent(given({ "rbac.authorization.kubernetes.io/autoupdate": "false" }))).toHaveProperty("rules");
  });

  it("aggregated roles come without rules: a controller fills them in", () => {
    const object = { metadata: { name: "one" }, aggregationRule: {}, rules: [{ verbs: ["get"] }] };
    const given = { resource: "clusterroles", group: "rbac.authorization.k8s.io", object };
    expect(sent(given)["rules"]).toEqual([]);
  });

  it("token Secrets that servers made stay away, those that users asked for come empty", () => {
    const secret = (name: string) => ({
      metadata: {
        name,
        namespace: "app",
        annotations: {
          "kubernetes.io/service-account.name": "robot",
          "kubernetes.io/service-account.uid": "u",
        },
      },
      type: "kubernetes.io/service-account-token",
      data: { token: "dead" },
    });
    expect(transformed({ resource: "secrets", object: secret("robot-token-abc12") })).toMatchObject({
      reason: "auto-made",
    });
    expect(sent({ resource: "secrets", object: secret("asked-for") })).toEqual({
      metadata: {
        name: "asked-for",
        namespace: "app",
        annotations: { "kubernetes.io/service-account.name": "robot" },
      },
      type: "kubernetes.io/service-account-token",
    });
    const boot = { metadata, type: "bootstrap.kubernetes.io/token" };
    expect(transformed({ resource: "secrets", object: boot })).toMatchObject({ reason: "expired-token" });
  });

  it("the default service account returns only with what somebody added, merged into the cluster's own", () => {
    const account = (more: ExactObject) => ({ metadata: { name: "default", namespace: "app" }, ...more });
    const pulled = account({
      imagePullSecrets: [{ name: "registry" }],
      secrets: [{ name: "default-token-abc12" }],
    });
    const merge = ruleFor({ group: "", resource: "serviceaccounts" }).merge;
    expect(transformed({ resource: "serviceaccounts", object: account({}) })).toMatchObject({
      reason: "auto-made",
    });
    const wanted = sent({ resource: "serviceaccounts", object: pulled });
    expect(wanted).not.toHaveProperty("secrets");
    expect(merge?.(account({ imagePullSecrets: [{ name: "other" }] }), wanted)).toEqual({
      imagePullSecrets: [{ name: "other" }, { name: "registry" }],
    });
    expect(merge?.(account({ imagePullSecrets: [{ name: "registry" }] }), wanted)).toBeUndefined();
  });
});

describe("other kinds", () => {
  it("namespaces lose foreign finalizers in their spec, with a warning", () => {
    const object = {
      metadata: { name: "app", labels: { "kubernetes.io/metadata.name": "app" } },
      spec: { finalizers: ["kubernetes", "example.com/x"] },
    };
    const request = { namespaceMapping: { app: "copy" } };
    expect(transformed({ resource: "namespaces", object, request })).toMatchObject({
      object: {
        metadata: { name: "copy", labels: { "kubernetes.io/metadata.name": "copy" } },
        spec: { finalizers: ["kubernetes"] },
      },
      warnings: [expect.stringContaining("example.com/x")],
    });
  });

  it("definitions with preserveUnknownFields say so in their schemas", () => {
    const object = {
      metadata: { name: "widgets.example.com" },
      spec: { preserveUnknownFields: true, versions: [{ name: "v1" }] },
    };
    expect(spec({ resource: "customresourcedefinitions", group: "apiextensions.k8s.io", object })).toEqual({
      versions: [
        {
          name: "v1",
          schema: { openAPIV3Schema: { type: "object", "x-kubernetes-preserve-unknown-fields": true } },
        },
      ],
    });
  });

  it("bindings follow their subjects' namespaces", () => {
    const subjects = [
      { kind: "ServiceAccount", name: "a", namespace: "app" },
      { kind: "User", name: "u" },
    ];
    const given = {
      resource: "clusterrolebindings",
      group: "rbac.authorization.k8s.io",
      object: { metadata: { name: "one" }, subjects },
      request: { namespaceMapping: { app: "copy" } },
    };
    expect(sent(given)["subjects"]).toEqual([{ ...subjects[0], namespace: "copy" }, subjects[1]]);
  });

  it("webhooks whose certificate cert-manager puts in come without the old one", () => {
    const group = "admissionregistration.k8s.io";
    const webhooks = [{ name: "w", clientConfig: { caBundle: "old", service: {} } }];
    const object = (annotations: ExactObject) => ({ metadata: { name: "one", annotations }, webhooks });
    const resource = "validatingwebhookconfigurations";
    expect(
      sent({ resource, group, object: object({ "cert-manager.io/inject-ca-from": "x" }) })["webhooks"],
    ).toEqual([{ name: "w", clientConfig: { service: {} } }]);
    expect(sent({ resource, group, object: object({}) })["webhooks"]).toEqual(webhooks);
  });

  it("APIServices of the server itself stay away, others take the certificate that is put in", () => {
    const group = "apiregistration.k8s.io";
    const service = { namespace: "app", name: "api" };
    const object = (more: ExactObject, annotations: ExactObject = {}) => ({
      metadata: { name: "v1.example.com", annotations },
      spec: { version: "v1", ...more },
    });
    expect(transformed({ resource: "apiservices", group, object: object({}) })).toMatchObject({
      reason: "auto-made",
    });
    const own = object({ service, caBundle: "old" });
    expect(spec({ resource: "apiservices", group, object: own })).toEqual(own.spec);
    const injected = object({ service, caBundle: "old" }, { "cert-manager.io/inject-ca-from": "x" });
    expect(spec({ resource: "apiservices", group, object: injected })).toEqual({ version: "v1", service });
  });

  it("a Deployment keeps its revision only together with its history", () => {
    const given = {
      resource: "deployments",
      group: "apps",
      object: { metadata: { ...metadata, annotations: { "deployment.kubernetes.io/revision": "7" } } },
    };
    expect(sent(given)).toEqual({ metadata });
    const facts = { owners: new Map([["old-uid", "created" as const]]) };
    expect(sent({ ...given, facts })).toEqual(given.object);
  });

  it("groups of snapshots stay away: new ones would be cut", () => {
    const group = "groupsnapshot.storage.k8s.io";
    expect(decide(`volumegroupsnapshots.${group}`, {})).toBe("group-snapshot");
    expect(decide(`volumegroupsnapshotcontents.${group}`, {})).toBe("group-snapshot");
  });

  it("snapshots lose what their controllers noted while they worked", () => {
    const annotations = {
      "snapshot.storage.kubernetes.io/volumesnapshot-being-deleted": "yes",
      "snapshot.storage.kubernetes.io/deletion-secret-name": "s",
    };
    const object = { metadata: { ...metadata, annotations }, spec: { source: {} } };
    expect(
      sent({ resource: "volumesnapshots", group: "snapshot.storage.k8s.io", object })["metadata"],
    ).toEqual({
      ...metadata,
      annotations: { "snapshot.storage.kubernetes.io/deletion-secret-name": "s" },
    });
  });

  it("claims lose what a driver noted while it grew their volume", () => {
    const annotations = { "volume.kubernetes.io/node-expansion-not-required": "true" };
    const object = { metadata: { ...metadata, annotations }, spec: {} };
    expect(sent({ resource: "persistentvolumeclaims", object })["metadata"]).toEqual(metadata);
  });

  it("DaemonSets lose the generation of their template", () => {
    const object = {
      metadata: { ...metadata, annotations: { "deprecated.daemonset.template.generation": "4" } },
    };
    expect(sent({ resource: "daemonsets", group: "apps", object })).toEqual({ metadata });
  });
});
