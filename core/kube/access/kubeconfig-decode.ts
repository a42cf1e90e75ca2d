import { dirname, resolve } from "node:path";
import type {
  AuthProviderEntry,
  ClusterEntry,
  ContextEntry,
  ExecEntry,
  Kubeconfig,
  UserEntry,
} from "./kubeconfig.ts";
import { type Fields, fieldsOf } from "./kubeconfig-fields.ts";

const EXEC_EXTENSION = "client.authentication.k8s.io/exec";

/** The parsed content of one file; relative paths start at the file's folder. */
export function decodeKubeconfig(content: unknown, file: string): Kubeconfig {
  const top = fieldsOf(content ?? {}, file);
  const inFolder = (path: string | undefined): string | undefined =>
    path === undefined ? undefined : resolve(dirname(file), path);
  return {
    currentContext: top.text("current-context"),
    contexts: named(top, "contexts", (entry) => decodeContext(entry.child("context") ?? fieldsOf({}, file))),
    clusters: named(top, "clusters", (entry) =>
      decodeCluster(entry.child("cluster") ?? fieldsOf({}, file), inFolder),
    ),
    users: named(top, "users", (entry) => {
      const user = entry.child("user") ?? fieldsOf({}, file);
      return decodeUser(user, { file, name: entry.needed("name"), inFolder });
    }),
  };
}

type PathRule = (path: string | undefined) => string | undefined;

function named<T>(top: Fields, key: string, decode: (entry: Fields) => T): ReadonlyMap<string, T> {
  const entries = new Map<string, T>();
  for (const entry of top.children(key)) {
    const name = entry.needed("name");
    if (entries.has(name)) entry.fail("name", `"${name}" comes twice in this file`);
    entries.set(name, decode(entry));
  }
  return entries;
}

function decodeContext(context: Fields): ContextEntry {
  return {
    cluster: context.text("cluster"),
    user: context.text("user"),
    namespace: context.text("namespace"),
  };
}

function decodeCluster(cluster: Fields, inFolder: PathRule): ClusterEntry {
  const extension = cluster.children("extensions").find((entry) => entry.text("name") === EXEC_EXTENSION);
  return {
    server: cluster.text("server"),
    certificateAuthority: inFolder(cluster.text("certificate-authority")),
    certificateAuthorityData: cluster.text("certificate-authority-data"),
    insecureSkipTlsVerify: cluster.flag("insecure-skip-tls-verify"),
    tlsServerName: cluster.text("tls-server-name"),
    proxyUrl: cluster.text("proxy-url"),
    disableCompression: cluster.flag("disable-compression"),
    execConfig: extension?.raw("extension"),
  };
}

interface UserPlace {
  readonly file: string;
  readonly name: string;
  readonly inFolder: PathRule;
}

function decodeUser(user: Fields, place: UserPlace): UserEntry {
  const exec = user.child("exec");
  const provider = user.child("auth-provider");
  return {
    clientCertificate: place.inFolder(user.text("client-certificate")),
    clientCertificateData: user.text("client-certificate-data"),
    clientKey: place.inFolder(user.text("client-key")),
    clientKeyData: user.text("client-key-data"),
    token: user.text("token"),
    tokenFile: place.inFolder(user.text("tokenFile")),
    username: user.text("username"),
    password: user.text("password"),
    as: user.text("as"),
    asGroups: user.texts("as-groups"),
    asUid: user.text("as-uid"),
    asUserExtra: decodeExtra(user.child("as-user-extra")),
    exec: exec && decodeExec(exec, place.inFolder),
    authProvider: provider && decodeProvider(provider, place),
  };
}

function decodeExtra(extra: Fields | undefined): UserEntry["asUserExtra"] {
  return Object.fromEntries((extra?.keys() ?? []).map((key) => [key, extra?.texts(key) ?? []]));
}

function decodeExec(exec: Fields, inFolder: PathRule): ExecEntry {
  const command = exec.needed("command");
  return {
    apiVersion: exec.needed("apiVersion"),
    // A bare name is looked up on PATH, anything with a separator is a path like the others.
    command: /[/\\]/.test(command) ? (inFolder(command) ?? command) : command,
    args: exec.texts("args"),
    env: exec
      .children("env")
      .map((entry) => ({ name: entry.needed("name"), value: entry.text("value") ?? "" })),
    installHint: exec.text("installHint"),
    provideClusterInfo: exec.flag("provideClusterInfo"),
    interactiveMode: exec.text("interactiveMode"),
  };
}

function decodeProvider(provider: Fields, place: UserPlace): AuthProviderEntry {
  const config = provider.child("config");
  const settings = (config?.keys() ?? []).map((key) => [key, config?.text(key) ?? ""] as const);
  return {
    name: provider.needed("name"),
    config: Object.fromEntries(settings),
    origin: { file: place.file, user: place.name },
  };
}
