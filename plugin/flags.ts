import type { Flags } from "./command.ts";

/** Flag groups that several commands share. Help shows each group under its own heading. */
export const clusterFlags = {
  context: { type: "string", value: "NAME", describe: "kubeconfig context", completes: "contexts" },
  kubeconfig: { type: "string", value: "FILE", describe: "kubeconfig file", completes: "files" },
  cluster: { type: "string", value: "NAME", describe: "kubeconfig cluster" },
  user: { type: "string", value: "NAME", describe: "kubeconfig user" },
  server: { type: "string", short: "s", value: "URL", describe: "address of the API server" },
  token: { type: "string", value: "TOKEN", describe: "bearer token" },
  "certificate-authority": {
    type: "string",
    value: "FILE",
    describe: "CA of the API server",
    completes: "files",
  },
  "client-certificate": { type: "string", value: "FILE", describe: "client certificate", completes: "files" },
  "client-key": {
    type: "string",
    value: "FILE",
    describe: "key of the client certificate",
    completes: "files",
  },
  "tls-server-name": {
    type: "string",
    value: "NAME",
    describe: "name that the server's certificate must hold",
  },
  "insecure-skip-tls-verify": { type: "boolean", describe: "do not check the server's certificate" },
  as: { type: "string", value: "USER", describe: "act as this user" },
  "as-group": { type: "list", value: "GROUP", describe: "act as a member of this group (repeatable)" },
  "as-uid": { type: "string", value: "UID", describe: "act with this uid" },
  "as-user-extra": { type: "list", value: "KEY=VALUE", describe: "act with this extra (repeatable)" },
  "request-timeout": {
    type: "string",
    value: "DURATION",
    describe: "limit of one request without an answer: seconds, or 30s, 2m; 0 = none",
    fallback: "0",
  },
} as const satisfies Flags;

export const selectionFlags = {
  namespace: {
    type: "string",
    short: "n",
    value: "NAMESPACE",
    describe: "only this namespace",
    completes: "namespaces",
  },
  "all-namespaces": {
    type: "boolean",
    short: "A",
    describe: "all namespaces (the default, whatever the context says)",
  },
  "include-namespaces": {
    type: "list",
    value: "NS,…",
    describe: "only these namespaces; * ? [abc] match",
    completes: "namespaces",
  },
  "exclude-namespaces": {
    type: "list",
    value: "NS,…",
    describe: "all but these namespaces; * ? [abc] match",
    completes: "namespaces",
  },
  "include-resources": {
    type: "list",
    value: "KIND,…",
    describe: "only these kinds: deployments.apps, deploy, Deployment; kind/name for single objects",
    completes: "kinds",
  },
  "exclude-resources": { type: "list", value: "KIND,…", describe: "all but these kinds", completes: "kinds" },
  selector: {
    type: "string",
    short: "l",
    value: "SELECTOR",
    describe: "only objects with these labels: a=b,c in (d,e)",
  },
  "or-selector": {
    type: "list",
    value: "SELECTOR",
    describe: "objects that match one of several selectors (repeatable, or joined by ' or ')",
  },
  "include-cluster-resources": {
    type: "string",
    value: "true|false|auto",
    choices: ["true", "false", "auto"],
    bare: "true",
    describe:
      "cluster-scoped objects: all, none, or (auto) all when all namespaces are in, else what is referred to",
    fallback: "auto",
  },
} as const satisfies Flags;

/** What comes along with selected objects. */
export const partFlags = {
  "with-dependencies": {
    type: "boolean",
    describe:
      "also what selected objects of built-in kinds refer to, and what that refers to: config maps, secrets, claims, accounts with their bindings, classes",
  },
  "with-owners": { type: "boolean", describe: "also the objects that own selected ones, up to the top" },
} as const satisfies Flags;

export const locationFlag = {
  location: {
    type: "string",
    value: "NAME|URL",
    describe: "where backups lie: s3://bucket/prefix?…, file:///folder, or a configured name",
    fallback: "the default location, else a local folder",
    hiddenAliases: ["storage-location"],
    completes: "locations",
  },
} as const satisfies Flags;

export const outputFlag = {
  output: {
    type: "string",
    short: "o",
    value: "table|wide|json|yaml|name",
    choices: ["table", "wide", "json", "yaml", "name"],
    describe: "how to print the result",
    fallback: "table",
    completes: "choices",
  },
} as const satisfies Flags;

/** Where the server's answer is the point: admission is asked, nothing is written. */
export const dryRunFlag = {
  "dry-run": {
    type: "string",
    value: "server",
    choices: ["server", "none"],
    bare: "server",
    describe: "ask the server, change nothing",
  },
} as const satisfies Flags;

export const yesFlag = {
  yes: { type: "boolean", short: "y", describe: "do not ask" },
} as const satisfies Flags;

/** Every command has these. */
export const commonFlags = {
  help: { type: "boolean", short: "h", describe: "show this help" },
  verbosity: {
    type: "number",
    short: "v",
    value: "LEVEL",
    describe: "1: notes and causes, 2: requests",
    bare: "1",
  },
  quiet: { type: "boolean", short: "q", describe: "no progress and no summary, only warnings and errors" },
} as const satisfies Flags;
