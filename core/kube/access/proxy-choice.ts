import { Failure } from "#core/model/errors.ts";
import type { ClusterTls } from "./access.ts";
import type { ProxyTarget } from "./proxy.ts";
import { proxyFromEnvironment } from "./proxy-environment.ts";

export interface ProxyQuestion {
  readonly server: URL;
  readonly tls: ClusterTls;
  /** proxy-url of the cluster's entry or flag: it goes before the environment and leaves nothing out. */
  readonly configured: string | undefined;
  readonly env: NodeJS.ProcessEnv;
}

const SCHEMES = ["http:", "https:", "socks5:", "socks5h:"];

export function chooseProxy({ server, tls, configured, env }: ProxyQuestion): ProxyTarget | undefined {
  const written = configured || proxyFromEnvironment(server, env);
  if (written === undefined) return undefined;
  const url = URL.parse(written);
  if (url === null || !SCHEMES.includes(url.protocol) || url.hostname === "") {
    // The address itself stays untold: it may hold a password.
    throw new Failure(
      "kubeconfig-broken",
      `the proxy address (${configured ? "proxy-url" : "HTTPS_PROXY or HTTP_PROXY"}) is no http, https or socks5 URL`,
    );
  }
  return { url, ca: tls.ca, rejectUnauthorized: tls.rejectUnauthorized };
}
