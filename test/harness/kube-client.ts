// A small raw client for tests. It speaks HTTP/1.1 over node:https and nothing of the product's transport, so that a
// fault there cannot hide itself here.
import { readFileSync } from "node:fs";
import type { OutgoingHttpHeaders } from "node:http";
import { Agent, request as httpsRequest } from "node:https";
import { parse } from "yaml";
import { eventually } from "./eventually.ts";
import { parseExact, stringifyExact } from "./exact-json.ts";
import type { KubeObject } from "./kube-object.ts";

export type KubeReply = { readonly status: number; readonly text: string; json(): unknown };

export type PatchType = "merge" | "strategic" | "json" | "apply";

export type KubeClient = {
  readonly server: string;
  /** One request, any status; objects are sent with exact integers. */
  request(method: string, path: string, options?: RequestOptions): Promise<KubeReply>;
  /** Throws unless the answer is 2xx, as do all below. */
  get(path: string): Promise<KubeObject>;
  /** The object, or undefined when the server says 404. */
  find(path: string): Promise<KubeObject | undefined>;
  /** All items of a list, each with kind and apiVersion filled in. */
  list(path: string): Promise<readonly KubeObject[]>;
  create(path: string, object: unknown): Promise<KubeObject>;
  replace(path: string, object: unknown): Promise<KubeObject>;
  patch(path: string, patch: unknown, type?: PatchType): Promise<KubeObject>;
  /** Absent is fine. */
  delete(path: string, propagation?: "Background" | "Foreground" | "Orphan"): Promise<void>;
  /**
   * Server-side apply of many objects: first namespaces and CRDs (until they serve), then the rest, 16 at a time in the
   * order given. Returns what the server made of them.
   */
  apply(objects: readonly ApplyObject[]): Promise<readonly KubeObject[]>;
  /** The path of an object (or, without a name, of its list) by discovery. */
  pathOf(object: ApplyObject): Promise<string>;
  close(): void;
};

export type ApplyObject = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name?: string;
    readonly namespace?: string;
    readonly [field: string]: unknown;
  };
  readonly [field: string]: unknown;
};

type RequestOptions = {
  /** A string is sent as it is, anything else as JSON. */
  readonly body?: unknown;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
};

type Target = {
  readonly server: string;
  readonly agent: Agent;
  readonly headers: OutgoingHttpHeaders;
};
type Resource = { readonly name: string; readonly kind: string; readonly namespaced: boolean };

const PATCH_TYPES: Readonly<Record<PatchType, string>> = {
  merge: "application/merge-patch+json",
  strategic: "application/strategic-merge-patch+json",
  json: "application/json-patch+json",
  apply: "application/apply-patch+yaml",
};
const FIRST_KINDS = ["Namespace", "CustomResourceDefinition"];
const APPLY_QUERY = "?fieldManager=test&force=true";

/** A client for the current context of a kubeconfig (client certificates, tokens; inline or by file). */
export function createKubeClient(kubeconfigPath: string): KubeClient {
  const target = readTarget(kubeconfigPath);
  const request: KubeClient["request"] = (method, path, options = {}) =>
    send(target, { method, path, ...options });
  const expectOk = async (method: string, path: string, options?: RequestOptions): Promise<KubeReply> => {
    const reply = await request(method, path, options);
    if (reply.status < 200 || reply.status > 299)
      throw new Error(`${method} ${path}: ${reply.status} ${reply.text}`);
    return reply;
  };
  const object = async (method: string, path: string, options?: RequestOptions) =>
    // The server answers a request for one object with that object.
    (await expectOk(method, path, options)).json() as KubeObject;
  const pathOf = createPathFinder((path) => object("GET", path));
  const patch: KubeClient["patch"] = (path, body, type = "merge") =>
    object("PATCH", path, { body, contentType: PATCH_TYPES[type] });
  return {
    server: target.server,
    request,
    pathOf,
    patch,
    get: (path) => object("GET", path),
    find: async (path) => {
      const reply = await request("GET", path);
      if (reply.status === 404) return undefined;
      if (reply.status !== 200) throw new Error(`GET ${path}: ${reply.status} ${reply.text}`);
      return reply.json() as KubeObject; // as above
    },
    list: async (path) => itemsOf(await object("GET", path)),
    create: (path, body) => object("POST", path, { body }),
    replace: (path, body) => object("PUT", path, { body }),
    delete: async (path, propagation = "Background") => {
      const reply = await request("DELETE", path, { body: { propagationPolicy: propagation } });
      if (reply.status !== 404 && reply.status > 299)
        throw new Error(`DELETE ${path}: ${reply.status} ${reply.text}`);
    },
    apply: (objects) => applyAll(objects, async (it) => patch((await pathOf(it)) + APPLY_QUERY, it, "apply")),
    close: () => target.agent.destroy(),
  };
}

async function applyAll(
  objects: readonly ApplyObject[],
  applyOne: (object: ApplyObject) => Promise<KubeObject>,
): Promise<readonly KubeObject[]> {
  const early = objects.filter(({ kind }) => FIRST_KINDS.includes(kind));
  const late = objects.filter(({ kind }) => !FIRST_KINDS.includes(kind));
  const applied = await inLanes(early, applyOne);
  // A CRD's path answers some seconds after the CRD itself; until then apply fails with 404.
  const patient = (it: ApplyObject) =>
    isBuiltIn(it) ? applyOne(it) : eventually(`${it.kind} to be served`, () => applyOne(it));
  return [...applied, ...(await inLanes(late, patient))];
}

function isBuiltIn({ apiVersion }: ApplyObject): boolean {
  const [group = ""] = apiVersion.split("/");
  return !apiVersion.includes("/") || !group.includes(".") || group.endsWith(".k8s.io");
}

async function inLanes<T, R>(values: readonly T[], work: (value: T) => Promise<R>): Promise<readonly R[]> {
  const queue = values.entries();
  const results: R[] = [];
  const lane = async () => {
    for (const [index, value] of queue) results[index] = await work(value);
  };
  await Promise.all(Array.from({ length: 16 }, lane));
  return results;
}

function createPathFinder(get: (path: string) => Promise<KubeObject>): KubeClient["pathOf"] {
  const known = new Map<string, Promise<readonly Resource[]>>();
  const resourcesOf = (base: string) => {
    const found = known.get(base) ?? get(base).then((list) => list["resources"] as readonly Resource[]); // APIResourceList
    known.set(base, found);
    // A kind that is not there yet may be there at the next look.
    found.catch(() => known.delete(base));
    return found;
  };
  return async ({ apiVersion, kind, metadata: { name, namespace } }) => {
    const base = apiVersion.includes("/") ? `/apis/${apiVersion}` : `/api/${apiVersion}`;
    const resource = (await resourcesOf(base)).find((it) => it.kind === kind && !it.name.includes("/"));
    if (resource === undefined) {
      known.delete(base);
      throw new Error(`the server does not know ${kind} of ${apiVersion}`);
    }
    const scope = resource.namespaced ? `/namespaces/${namespace ?? "default"}` : "";
    return `${base}${scope}/${resource.name}${name === undefined ? "" : `/${encodeURIComponent(name)}`}`;
  };
}

function itemsOf(list: KubeObject): readonly KubeObject[] {
  const items = (list["items"] ?? []) as readonly KubeObject[]; // a List's items
  const { apiVersion } = list;
  return items.map((item) => ({ ...item, apiVersion, kind: list.kind.replace(/List$/, "") }));
}

function send(
  target: Target,
  { method, path, body, ...options }: RequestOptions & { method: string; path: string },
) {
  const payload = typeof body === "string" || body === undefined ? body : stringifyExact(body);
  const headers = {
    accept: "application/json",
    ...(payload !== undefined && {
      "content-type": options.contentType ?? "application/json",
      // Node does not announce the body of a DELETE by itself; the server would take it for the next request.
      "content-length": String(Buffer.byteLength(payload)),
    }),
    ...target.headers,
    ...options.headers,
  };
  return new Promise<KubeReply>((resolve, reject) => {
    const request = httpsRequest(
      target.server + path,
      { method, headers, agent: target.agent },
      (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk)).on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString();
          resolve({ status: response.statusCode ?? 0, text, json: () => parseExact(text) });
        });
      },
    );
    request.on("error", reject).end(payload);
  });
}

/** The few fields of a kubeconfig that the harness' own and kind's kubeconfigs use. */
function readTarget(kubeconfigPath: string): Target {
  type Fields = Readonly<Record<string, string | undefined>>;
  const config: {
    "current-context": string;
    contexts: { name: string; context: { cluster: string; user: string } }[];
    clusters: { name: string; cluster: Fields }[];
    users: { name: string; user: Fields & { readonly "as-groups"?: readonly string[] } }[];
  } = parse(readFileSync(kubeconfigPath, "utf8"));
  const context = named(config.contexts, config["current-context"]).context;
  const { cluster } = named(config.clusters, context.cluster);
  const { user } = named(config.users, context.user);
  const pem = (fields: Fields, name: string) => {
    const inline = fields[`${name}-data`];
    const file = fields[name];
    if (inline !== undefined) return Buffer.from(inline, "base64");
    return file === undefined ? undefined : readFileSync(file);
  };
  const agent = new Agent({
    keepAlive: true,
    maxSockets: 64,
    ca: pem(cluster, "certificate-authority"),
    cert: pem(user, "client-certificate"),
    key: pem(user, "client-key"),
    rejectUnauthorized: !cluster["insecure-skip-tls-verify"],
  });
  const token = user["token"];
  const headers = {
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(user["as"] !== undefined && {
      "impersonate-user": user["as"],
      "impersonate-group": [...(user["as-groups"] ?? [])],
    }),
  };
  return { server: cluster["server"] ?? "", agent, headers };
}

function named<T extends { readonly name: string }>(entries: readonly T[], name: string): T {
  const found = entries.find((entry) => entry.name === name);
  if (found === undefined) throw new Error(`no entry ${name} in the kubeconfig`);
  return found;
}
