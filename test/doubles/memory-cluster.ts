import type {
  ApiResource,
  Cluster,
  ClusterInfo,
  DeleteOptions,
  Discovery,
  DownApi,
  ExecEnd,
  ExecRequest,
  ItemBatch,
  ListRequest,
  ListSummary,
  ObjectRef,
  WriteOptions,
  WriteReply,
} from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import { apiVersion, groupResource, type ItemKind } from "#core/model/item.ts";
import { decode, encode, keyOf, type MemoryObject, MemoryStore, refKey } from "./memory-store.ts";

export type { MemoryObject } from "./memory-store.ts";

/**
 * A small honest cluster in memory: objects by kind, namespace and name, with uids, one resourceVersion counter,
 * generations, 404, 409 and preconditions as the API server has them. It knows no defaulting, validation, admission,
 * controllers or finalizers. Reads of a kind can be made to fail by `refuse`.
 */
export interface Refusal {
  readonly resource: string;
  /** Absent: the cluster-wide list as well as every namespace; "": only the cluster-wide list. */
  readonly namespace?: string;
  readonly version?: string;
  readonly status: number;
}

export interface MemoryCluster extends Cluster {
  /** Stores as if another client had created or replaced it. */
  put(resource: string, object: MemoryObject): MemoryObject;
  drop(resource: string, namespace: string, name: string): void;
  read(resource: string, namespace: string, name: string): MemoryObject | undefined;
  refuse(refusal: Refusal): void;
  /** Single objects can still be read. */
  refuseLists(resource: string): void;
  /** `list configmaps shop`, `create secrets shop/a`, … in order. */
  readonly requests: string[];
  /** What a command in a container does; unless told otherwise it succeeds. */
  onExec: (request: ExecRequest) => Promise<ExecEnd>;
  /** Called at every list's beginning, before its snapshot is taken. */
  onList: (request: ListRequest) => void | Promise<void>;
}

const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];

/** `resource("deployments.apps", "Deployment")`; the version is v1 unless given. */
export function resource(name: string, kind: string, facts: Partial<ApiResource> = {}): ApiResource {
  const [plural = name, ...group] = name.split(".");
  return {
    group: group.join("."),
    version: "v1",
    resource: plural,
    kind,
    namespaced: true,
    singular: kind.toLowerCase(),
    shortNames: [],
    categories: [],
    verbs: VERBS,
    hasStatus: false,
    ...facts,
  };
}

export const coreResources: readonly ApiResource[] = [
  resource("namespaces", "Namespace", { namespaced: false, shortNames: ["ns"] }),
  resource("configmaps", "ConfigMap", { shortNames: ["cm"] }),
  resource("secrets", "Secret"),
  resource("serviceaccounts", "ServiceAccount", { shortNames: ["sa"] }),
  resource("services", "Service", { shortNames: ["svc"] }),
  resource("pods", "Pod", { shortNames: ["po"] }),
  resource("persistentvolumeclaims", "PersistentVolumeClaim", { shortNames: ["pvc"] }),
  resource("persistentvolumes", "PersistentVolume", { namespaced: false, shortNames: ["pv"] }),
  resource("nodes", "Node", { namespaced: false, shortNames: ["no"] }),
  resource("events", "Event", { shortNames: ["ev"] }),
  resource("events.events.k8s.io", "Event", { shortNames: ["ev"] }),
  resource("deployments.apps", "Deployment", { shortNames: ["deploy"], hasStatus: true }),
  resource("clusterroles.rbac.authorization.k8s.io", "ClusterRole", { namespaced: false }),
  resource("rolebindings.rbac.authorization.k8s.io", "RoleBinding"),
  resource("storageclasses.storage.k8s.io", "StorageClass", { namespaced: false, shortNames: ["sc"] }),
  resource("customresourcedefinitions.apiextensions.k8s.io", "CustomResourceDefinition", {
    namespaced: false,
    shortNames: ["crd"],
  }),
];

export interface MemoryClusterOptions {
  readonly resources?: readonly ApiResource[];
  readonly down?: readonly DownApi[];
  readonly info?: Partial<ClusterInfo>;
  /** Kinds of more objects are read as streams; absent: none is that long. */
  readonly longList?: number | undefined;
}

function failed(status: number, reason: string, message: string): WriteReply {
  return { ok: false, status, reason, message, causes: [], warnings: [] };
}

function mergePatch(target: unknown, patch: unknown): unknown {
  if (typeof patch !== "object" || patch === null || Array.isArray(patch)) return patch;
  const isMap = typeof target === "object" && target !== null && !Array.isArray(target);
  const result: Record<string, unknown> = isMap ? { ...target } : {};
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else result[key] = mergePatch(result[key], value);
  }
  return result;
}

/** Equality terms only (`a=b,c=d`, `a`), which is all that doubles need of a server's selector. */
function matchesLabels(object: MemoryObject, selector: string | undefined): boolean {
  const labels = object.metadata.labels ?? {};
  return (selector ?? "")
    .split(",")
    .filter((term) => term !== "")
    .every((term) => {
      const [key = "", value] = term.split(/==?/);
      return value === undefined ? key in labels : labels[key] === value;
    });
}

const CODES = { 401: "unauthorized", 403: "cluster-forbidden", 404: "kind-unknown" } as const;

function refusalFailure(status: number, what: string): Failure {
  const code = status === 401 || status === 403 || status === 404 ? CODES[status] : "cluster-error";
  const reason = status === 403 ? "Forbidden" : "InternalError";
  return new Failure(code, `${what}: ${reason}`, { reply: { status, reason } });
}

export function memoryCluster(options: MemoryClusterOptions = {}): MemoryCluster {
  const resources = options.resources ?? coreResources;
  const store = new MemoryStore();
  const refusals: Refusal[] = [];
  const requests: string[] = [];
  const unlisted = new Set<string>();

  function kindOf(name: string): ApiResource {
    const found = resources.find((entry) => groupResource(entry) === name);
    if (found === undefined) throw new Error(`the double serves no ${name}`);
    return found;
  }

  function checkListed(kind: ItemKind): void {
    if (unlisted.has(groupResource(kind))) throw refusalFailure(403, `list ${groupResource(kind)}`);
  }

  function checkAllowed(kind: ItemKind, namespace: string | undefined): void {
    const refusal = refusals.find(
      (entry) =>
        entry.resource === groupResource(kind) &&
        (entry.namespace === undefined || entry.namespace === (namespace ?? "")) &&
        (entry.version === undefined || entry.version === kind.version),
    );
    if (refusal !== undefined) throw refusalFailure(refusal.status, `list ${groupResource(kind)}`);
  }

  function selected(request: ListRequest): MemoryObject[] {
    return [...store.of(request.resource).values()]
      .filter((object) => request.namespace === undefined || object.metadata.namespace === request.namespace)
      .filter((object) => matchesLabels(object, request.labelSelector))
      .sort((left, right) => (keyOfObject(left) < keyOfObject(right) ? -1 : 1))
      .map((object) => ({ ...object, apiVersion: apiVersion(request.resource) }));
  }

  function isStreamed({ pageSize }: ListRequest, count: number): boolean {
    return pageSize === undefined && options.longList !== undefined && count > options.longList;
  }

  async function* list(request: ListRequest): AsyncGenerator<ItemBatch, ListSummary, void> {
    requests.push(`list ${groupResource(request.resource)} ${request.namespace ?? "*"}`);
    await cluster.onList(request);
    checkListed(request.resource);
    checkAllowed(request.resource, request.namespace);
    const objects = selected(request);
    const revision = store.revision;
    const size = request.pageSize ?? 100;
    for (let at = 0; at < objects.length; at += size) {
      request.signal.throwIfAborted();
      yield objects.slice(at, at + size).map(encode);
    }
    const paged = !isStreamed(request, objects.length);
    const changes = (): number =>
      store.changes.filter(
        (change) => change.at > revision && change.kind === groupResource(request.resource),
      ).length;
    return {
      method: paged ? "pages" : "watch-list",
      resourceVersion: String(revision),
      consistent: true,
      count: objects.length,
      startedAt: "2026-01-01T00:00:00.000Z",
      finishedAt: "2026-01-01T00:00:01.000Z",
      requests: 1,
      meanwhile: request.keepWatching === true && !paged ? { close: changes } : undefined,
    };
  }

  function write(ref: ObjectRef, object: MemoryObject, options_: WriteOptions): WriteReply {
    const metadata = { ...object.metadata };
    if (ref.resource.namespaced) metadata.namespace = ref.namespace;
    if (options_.dryRun === true)
      return { ok: true, status: 200, body: encode({ ...object, metadata }), warnings: [] };
    return {
      ok: true,
      status: 200,
      body: encode(store.save(ref.resource, { ...object, metadata })),
      warnings: [],
    };
  }

  function missingNamespace(ref: ObjectRef): boolean {
    return ref.resource.namespaced && !store.of(kindOf("namespaces")).has(keyOf("", ref.namespace));
  }

  const cluster: MemoryCluster = {
    requests,
    onExec: async () => ({ type: "exited", code: 0 }),
    onList: () => undefined,
    put: (name, object) => store.save(kindOf(name), object),
    drop: (name, namespace, object) => store.remove(kindOf(name), keyOf(namespace, object)),
    read: (name, namespace, object) => store.of(kindOf(name)).get(keyOf(namespace, object)),
    refuse: (refusal) => void refusals.push(refusal),
    refuseLists: (name) => void unlisted.add(name),
    info: {
      contextName: "memory",
      clusterName: "memory",
      server: "https://127.0.0.1:6443",
      namespace: "default",
      caSha256: "ca".repeat(32),
      ...options.info,
    },
    version: async () => ({ gitVersion: "v1.36.3", major: "1", minor: "36" }),
    whoAmI: async () => "tester",
    serverTime: async () => new Date("2026-01-01T00:00:02.000Z"),
    discover: async (): Promise<Discovery> => ({ resources, down: options.down ?? [] }),
    list,
    get: async (ref) => {
      requests.push(`get ${groupResource(ref.resource)} ${refKey(ref)}`);
      checkAllowed(ref.resource, ref.namespace);
      const object = store.of(ref.resource).get(refKey(ref));
      return object === undefined ? undefined : encode({ ...object, apiVersion: apiVersion(ref.resource) });
    },
    create: async (ref, body, options_) => {
      requests.push(`create ${groupResource(ref.resource)} ${refKey(ref)}`);
      const object = decode(body);
      if (missingNamespace(ref)) return failed(404, "NotFound", `namespaces "${ref.namespace}" not found`);
      if (object.metadata.resourceVersion !== undefined)
        return failed(500, "", "resourceVersion should not be set");
      if (store.of(ref.resource).has(refKey(ref)))
        return failed(409, "AlreadyExists", `${ref.name} already exists`);
      const { uid: _wiped, ...metadata } = object.metadata;
      return write(ref, { ...object, metadata }, options_);
    },
    replace: async (ref, body, options_) => {
      requests.push(`replace ${groupResource(ref.resource)} ${refKey(ref)}`);
      const object = decode(body);
      const live = store.of(ref.resource).get(refKey(ref));
      if (live === undefined) return failed(404, "NotFound", `${ref.name} not found`);
      return conflict(live, object) ?? write(ref, object, options_);
    },
    patch: async (ref, patch, options_) => {
      requests.push(`patch ${groupResource(ref.resource)} ${refKey(ref)}`);
      const live = store.of(ref.resource).get(refKey(ref));
      if (live === undefined) return failed(404, "NotFound", `${ref.name} not found`);
      const object = decode(patch.body);
      if (object.metadata?.uid !== undefined && object.metadata.uid !== live.metadata.uid) {
        return failed(422, "Invalid", "metadata.uid: field is immutable");
      }
      const { resourceVersion = live.metadata.resourceVersion } = object.metadata ?? {};
      if (resourceVersion !== live.metadata.resourceVersion)
        return failed(409, "Conflict", "the object has been modified");
      // A merge of two objects with metadata has metadata.
      return write(ref, mergePatch(live, object) as MemoryObject, options_);
    },
    remove: async (ref, options_: DeleteOptions) => {
      requests.push(`remove ${groupResource(ref.resource)} ${refKey(ref)}`);
      const live = store.of(ref.resource).get(refKey(ref));
      if (live === undefined) return failed(404, "NotFound", `${ref.name} not found`);
      if (live.metadata.uid !== options_.uid)
        return failed(409, "Conflict", "the uid in the precondition differs");
      if ((options_.resourceVersion ?? live.metadata.resourceVersion) !== live.metadata.resourceVersion)
        return failed(409, "Conflict", "the resourceVersion in the precondition differs");
      if (options_.dryRun !== true) store.remove(ref.resource, refKey(ref));
      return { ok: true, status: 200, body: encode(live), warnings: [] };
    },
    exec: async (request) => {
      requests.push(`exec ${request.namespace}/${request.pod} ${request.container}`);
      if (!store.of(kindOf("pods")).has(keyOf(request.namespace, request.pod)))
        throw new Failure("kind-unknown", "pods not found", { reply: { status: 404, reason: "NotFound" } });
      return cluster.onExec(request);
    },
    watch: async function* (request) {
      for (const { at, kind, event } of store.changes) {
        if (at > Number(request.resourceVersion) && kind === groupResource(request.resource)) yield event;
      }
    },
    close: () => undefined,
  };
  return cluster;
}

const keyOfObject = (object: MemoryObject): string =>
  keyOf(object.metadata.namespace ?? "", object.metadata.name);

function conflict(live: MemoryObject, object: MemoryObject): WriteReply | undefined {
  const { uid, resourceVersion } = object.metadata;
  if (uid !== undefined && uid !== live.metadata.uid)
    return failed(409, "Conflict", "uid precondition failed");
  if (resourceVersion !== undefined && resourceVersion !== live.metadata.resourceVersion) {
    return failed(409, "Conflict", "the object has been modified");
  }
  return undefined;
}
