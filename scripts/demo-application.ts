/** A namespace with what a small web application has. Scaled to none, since a bare control plane runs no pods. */
export const DEMO_NAMESPACE = "demo-shop";

const namespace = DEMO_NAMESPACE;
const labels = { app: "web" };

export function demoApplication(): unknown {
  return {
    apiVersion: "v1",
    kind: "List",
    items: [{ apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } }, ...parts()],
  };
}

function parts(): readonly unknown[] {
  return [
    { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "web", namespace } },
    {
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "settings", namespace, labels },
      data: { "shop.conf": "currency = EUR\nlanguages = de, en\n" },
    },
    {
      apiVersion: "v1",
      kind: "Secret",
      metadata: { name: "payment", namespace, labels },
      stringData: { key: "only-for-the-demo" },
    },
    {
      apiVersion: "v1",
      kind: "Service",
      metadata: { name: "web", namespace, labels },
      spec: { selector: labels, ports: [{ name: "http", port: 80, targetPort: 8080 }] },
    },
    {
      apiVersion: "apps/v1",
      kind: "Deployment",
      metadata: { name: "web", namespace, labels },
      spec: {
        replicas: 0,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: {
            serviceAccountName: "web",
            containers: [
              {
                name: "web",
                image: "registry.example/shop/web:2.1",
                ports: [{ name: "http", containerPort: 8080 }],
                envFrom: [{ configMapRef: { name: "settings" } }, { secretRef: { name: "payment" } }],
              },
            ],
          },
        },
      },
    },
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "NetworkPolicy",
      metadata: { name: "web", namespace },
      spec: {
        podSelector: { matchLabels: labels },
        policyTypes: ["Ingress"],
        ingress: [{ ports: [{ port: 8080 }] }],
      },
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "Role",
      metadata: { name: "web", namespace },
      rules: [{ apiGroups: [""], resources: ["configmaps"], verbs: ["get", "watch"] }],
    },
    {
      apiVersion: "rbac.authorization.k8s.io/v1",
      kind: "RoleBinding",
      metadata: { name: "web", namespace },
      roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: "web" },
      subjects: [{ kind: "ServiceAccount", name: "web", namespace }],
    },
  ];
}
