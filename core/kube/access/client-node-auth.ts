import type { RequestOptions } from "node:https";
import { KubeConfig } from "@kubernetes/client-node";
import type { AuthProviderEntry } from "./kubeconfig.ts";

export interface ProviderAnswer {
  readonly authorization: string | undefined;
  /** The provider's settings afterwards: refreshed tokens stand in them. */
  readonly config: Readonly<Record<string, string | undefined>>;
}

/**
 * The old auth-provider entries (oidc, azure, gcp), answered by the library and by nothing else of it. Reached by
 * import() alone: loading it costs more than most commands. A fresh KubeConfig each time, since it forgets after a
 * refresh when the new token ends.
 */
export async function askAuthProvider({
  name,
  config,
}: Pick<AuthProviderEntry, "name" | "config">): Promise<ProviderAnswer> {
  const settings: Record<string, string | undefined> = { ...config };
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromClusterAndUser(
    { name: "cluster", server: "https://localhost", skipTLSVerify: false },
    { name: "user", authProvider: { name, config: settings } },
  );
  const options: RequestOptions = {};
  await kubeConfig.applyToHTTPSOptions(options);
  const header = new Map(Object.entries(options.headers ?? {})).get("Authorization");
  return { authorization: typeof header === "string" ? header : undefined, config: settings };
}
