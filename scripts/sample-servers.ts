import { createServer } from "node:http";
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from "node:http2";
import type { AddressInfo, Server } from "node:net";
import { text } from "node:stream/consumers";
import { createAuthority, issueServer } from "#test/harness/certificates.ts";
import { sampleBucket } from "./sample-bucket.ts";

/**
 * The least that a backup and a restore need of an API server and of an S3 bucket, for the warm-up of a build, which has no
 * cluster. Not for tests: they have real servers.
 */
export interface SampleServers {
  readonly kubeconfig: string;
  readonly s3Url: string;
  stop(): void;
}

interface Kind {
  readonly api: string;
  readonly resource: string;
  readonly kind: string;
  readonly namespaced: boolean;
}

const KINDS: readonly Kind[] = [
  { api: "/api/v1", resource: "namespaces", kind: "Namespace", namespaced: false },
  { api: "/api/v1", resource: "configmaps", kind: "ConfigMap", namespaced: true },
  { api: "/api/v1", resource: "secrets", kind: "Secret", namespaced: true },
  { api: "/api/v1", resource: "serviceaccounts", kind: "ServiceAccount", namespaced: true },
  { api: "/api/v1", resource: "services", kind: "Service", namespaced: true },
  { api: "/apis/apps/v1", resource: "deployments", kind: "Deployment", namespaced: true },
  {
    api: "/apis/rbac.authorization.k8s.io/v1",
    resource: "rolebindings",
    kind: "RoleBinding",
    namespaced: true,
  },
  { api: "/apis/example.com/v1", resource: "widgets", kind: "Widget", namespaced: true },
];
const VERBS = ["create", "delete", "get", "list", "patch", "update", "watch"];
const NAMESPACES = ["kube-system", "shop"];
const ITEMS = 40;
const TIME = "2026-01-01T00:00:00Z";
const UID = "5bd1a3f4-0a66-4c1e-9d3a-1f0c6f1e";

interface Answer {
  readonly status: number;
  readonly type: string;
  readonly body: string;
}

export async function startSampleServers(): Promise<SampleServers> {
  const ca = await createAuthority("sample");
  const { key, cert } = await issueServer(ca, ["127.0.0.1"]);
  const api = createSecureServer({ key, cert }, (request, response) => {
    void reply(request, response);
  });
  const s3 = createServer(sampleBucket("sample"));
  const [apiPort, s3Port] = await Promise.all([listen(api), listen(s3)]);
  return {
    kubeconfig: JSON.stringify({
      clusters: [
        {
          name: "sample",
          cluster: {
            server: `https://127.0.0.1:${apiPort}`,
            "certificate-authority-data": Buffer.from(ca.cert).toString("base64"),
          },
        },
      ],
      users: [{ name: "sample", user: { token: "sample" } }],
      contexts: [{ name: "sample", context: { cluster: "sample", user: "sample" } }],
      "current-context": "sample",
    }),
    s3Url: `s3://sample/warm?endpoint=${encodeURIComponent(`http://127.0.0.1:${s3Port}`)}&region=us-east-1&pathStyle=true`,
    stop: () => {
      api.close();
      s3.close();
      s3.closeAllConnections();
    },
  };
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    // Listening on a port, so the address is no path.
    server.listen(0, "127.0.0.1", () => resolve((server.address() as AddressInfo).port));
  });
}

async function reply(request: Http2ServerRequest, response: Http2ServerResponse): Promise<void> {
  const sent = await text(request);
  const { status, type, body } = answerApi(request.method, new URL(request.url, "http://sample"), sent);
  response.writeHead(status, { "content-type": type, date: new Date().toUTCString() });
  response.end(body);
}

function answerApi(method: string, { pathname }: URL, body: string): Answer {
  if (pathname === "/version") return json({ major: "1", minor: "36", gitVersion: "v1.36.3" });
  if (pathname === "/api" || pathname === "/apis") return discovery(pathname);
  if (method === "POST") return json(created(body), 201);
  if (method !== "GET") return json({ kind: "Status", status: "Success" });
  const kind = KINDS.find(
    ({ api, resource }) => pathname.startsWith(api) && pathname.endsWith(`/${resource}`),
  );
  if (kind !== undefined) return json(list(kind));
  const name = /^\/api\/v1\/namespaces\/([^/]+)$/.exec(pathname)?.[1] ?? "";
  if (NAMESPACES.includes(name)) return json({ kind: "Namespace", apiVersion: "v1", ...builtIn("", name) });
  return json({ kind: "Status", apiVersion: "v1", status: "Failure", reason: "NotFound", code: 404 }, 404);
}

function json(value: unknown, status = 200): Answer {
  return { status, type: "application/json", body: JSON.stringify(value) };
}

function created(body: string): object {
  const object: { metadata?: object } = JSON.parse(body);
  return { ...object, metadata: { ...object.metadata, uid: `${UID}0000`, resourceVersion: "9" } };
}

function discovery(root: string): Answer {
  const apis = Map.groupBy(
    KINDS.filter(({ api }) => api.startsWith(`${root}/`)),
    ({ api }) => api,
  );
  const items = [...apis].map(([api, kinds]) => {
    const [, , group, version = group] = api.split("/");
    return {
      metadata: root === "/api" ? {} : { name: group },
      versions: [{ version, freshness: "Current", resources: kinds.map(discovered) }],
    };
  });
  const { body } = json({ kind: "APIGroupDiscoveryList", apiVersion: "apidiscovery.k8s.io/v2", items });
  const type = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList";
  return { status: 200, type, body };
}

function discovered({ resource, kind, namespaced }: Kind): object {
  return {
    resource,
    responseKind: { group: "", version: "", kind },
    scope: namespaced ? "Namespaced" : "Cluster",
    verbs: VERBS,
  };
}

function list(kind: Kind): object {
  const metadata = { resourceVersion: "5" };
  if (kind.resource === "namespaces") return { metadata, items: NAMESPACES.map((name) => builtIn("", name)) };
  const make = kind.resource === "widgets" ? custom : builtIn;
  const names = Array.from({ length: ITEMS }, (_, index) => `one-${index + 10}`);
  return { metadata, items: names.map((name) => make("shop", name)) };
}

/** In the order of Go's ObjectMeta. */
function builtIn(namespace: string, name: string): object {
  return {
    metadata: {
      name,
      ...(namespace !== "" && { namespace }),
      uid: `${UID}${name.slice(-4).padStart(4, "0")}`,
      resourceVersion: "4",
      creationTimestamp: TIME,
      labels: { app: "shop" },
      annotations: { "example.com/owner": "team-a" },
      managedFields: [{ manager: "kubectl", operation: "Update", time: TIME, fieldsV1: {} }],
    },
    data: { key: "dmFsdWU=" },
    spec: {},
  };
}

/** Keys sorted. */
function custom(namespace: string, name: string): object {
  return {
    apiVersion: "example.com/v1",
    kind: "Widget",
    metadata: {
      creationTimestamp: TIME,
      managedFields: [{ manager: "kubectl", operation: "Update", time: TIME }],
      name,
      namespace,
      resourceVersion: "4",
      uid: `${UID}${name.slice(-4)}`,
    },
    spec: { size: 1 },
  };
}
