import { Failure } from "#core/model/errors.ts";
import { type CredentialSource, renewingCredential } from "./credential.ts";
import { readExecAnswer } from "./exec-credential-answer.ts";
import { runCredentialPlugin } from "./exec-credential-run.ts";
import type { ClusterEntry, ExecEntry } from "./kubeconfig.ts";

/**
 * Credential plugins: a program of the user's that prints an ExecCredential.
 * Protocol: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
 */
export interface ExecFacts {
  readonly cluster: ClusterEntry;
  /** The authorities' PEM, wherever it came from. */
  readonly ca: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly interactive: boolean;
  readonly now: () => number;
}

const V1 = "client.authentication.k8s.io/v1";
const V1_BETA1 = "client.authentication.k8s.io/v1beta1";

export function execCredential(entry: ExecEntry, facts: ExecFacts): CredentialSource {
  if (entry.apiVersion !== V1 && entry.apiVersion !== V1_BETA1) {
    throw new Failure(
      "kubeconfig-broken",
      `credential plugin ${entry.command}: apiVersion "${entry.apiVersion}" is not supported, only ${V1} and ${V1_BETA1}`,
    );
  }
  const interactive = mayAsk(entry, facts.interactive);
  const info = JSON.stringify({
    kind: "ExecCredential",
    apiVersion: entry.apiVersion,
    spec: { ...(entry.provideClusterInfo ? { cluster: clusterFacts(facts) } : {}), interactive },
  });
  const fromEntry = Object.fromEntries(entry.env.map(({ name, value }) => [name, value]));
  const env = { ...facts.env, ...fromEntry, KUBERNETES_EXEC_INFO: info };
  return renewingCredential(async ({ signal }) => {
    const printed = await runCredentialPlugin(entry, { env, interactive, signal });
    return readExecAnswer(printed, entry, facts.now());
  }, facts.now);
}

/** v1 made the mode obligatory; before, a terminal was lent when there was one. */
function mayAsk(entry: ExecEntry, terminal: boolean): boolean {
  const mode = entry.interactiveMode ?? (entry.apiVersion === V1_BETA1 ? "IfAvailable" : undefined);
  switch (mode) {
    case "Never":
      return false;
    case "IfAvailable":
      return terminal;
    case "Always":
      if (terminal) return true;
      throw new Failure(
        "credentials-failed",
        `credential plugin ${entry.command} needs a terminal to ask at, and standard input is none`,
      );
    default:
      throw new Failure(
        "kubeconfig-broken",
        `credential plugin ${entry.command}: interactiveMode must be Never, IfAvailable or Always`,
      );
  }
}

function clusterFacts({ cluster, ca }: ExecFacts): Record<string, unknown> {
  return {
    server: cluster.server,
    "tls-server-name": cluster.tlsServerName,
    "insecure-skip-tls-verify": cluster.insecureSkipTlsVerify || undefined,
    "certificate-authority-data": ca && Buffer.from(ca, "latin1").toString("base64"),
    "proxy-url": cluster.proxyUrl,
    "disable-compression": cluster.disableCompression || undefined,
    config: cluster.execConfig,
  };
}
