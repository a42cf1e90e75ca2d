import type { Flags } from "#plugin/command.ts";
import { clusterFlags, outputFlag } from "#plugin/flags.ts";

export const installFlags = {
  location: {
    type: "list",
    value: "NAME|URL",
    describe: "where the guard looks for backups (repeatable); the first is the default for --from-cluster",
    fallback: "the default location",
    completes: "locations",
  },
  "read-credentials": {
    type: "string",
    value: "secret/NAME|service-account",
    describe: "the guard's own credentials for the locations",
    completes: "guard-credentials",
  },
  "location-ca": {
    type: "string",
    value: "configmap/NAME|secret/NAME",
    describe:
      "in the namespace kubectl-backup, with a key ca.crt: the authority that signed the locations' certificates, where it is a private one",
  },
  image: { type: "string", value: "IMAGE", describe: "the guard's image, by digest: NAME@sha256:…" },
  registry: {
    type: "string",
    value: "HOST[:PORT][/PATH]",
    describe: "mirror that has the image, in place of its own registry",
  },
  "image-pull-secret": {
    type: "string",
    value: "NAME",
    describe: "Secret in the namespace kubectl-backup with which the image is pulled",
    completes: "guard-secrets",
  },
  replicas: { type: "number", value: "N", describe: "pods of the guard", fallback: "2" },
  port: { type: "number", value: "PORT", describe: "port of the pods", fallback: "10250" },
  "host-network": {
    type: "boolean",
    describe: "share the node's network, where the control plane does not reach pods (port 10260 then)",
  },
  annotate: {
    type: "string",
    value: "namespaces|workloads|all",
    choices: ["namespaces", "workloads", "all"],
    describe: "what the guard may note backups on, where a namespace asks for it; all: every object",
    fallback: "namespaces",
    completes: "choices",
  },
  monitoring: {
    type: "boolean",
    describe: "also alerts, scraping and a dashboard, for the Prometheus operator and Grafana",
  },
  "dry-run": {
    type: "string",
    value: "client",
    choices: ["client", "none"],
    bare: "client",
    describe: "print what would be applied (-o yaml for GitOps), ask no cluster",
  },
  timeout: { type: "string", value: "DURATION", describe: "how long to wait for an answer", fallback: "3m" },
  ...outputFlag,
  ...clusterFlags,
} as const satisfies Flags;
