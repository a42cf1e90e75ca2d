import { isExcluded } from "./proxy-exclusions.ts";

/**
 * The proxy that the environment names for an address, as Go's net/http finds it: HTTPS_PROXY or HTTP_PROXY by the
 * address's scheme, in capitals first, never for this machine, never for what NO_PROXY lists. An address without a
 * scheme is an http proxy.
 */
export function proxyFromEnvironment(target: URL, env: NodeJS.ProcessEnv): string | undefined {
  const name = target.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const written = either(env, name);
  if (written === undefined) return undefined;
  // In a CGI program HTTP_PROXY may be the request's own Proxy header.
  if (name === "HTTP_PROXY" && env["REQUEST_METHOD"]) return undefined;
  const excluded = isExcluded(target, either(env, "NO_PROXY") ?? "");
  if (excluded) return undefined;
  return /^(https?|socks5h?):\/\//i.test(written) ? written : `http://${written}`;
}

function either(env: NodeJS.ProcessEnv, name: string): string | undefined {
  return env[name] || env[name.toLowerCase()] || undefined;
}
