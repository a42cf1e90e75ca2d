import { Failure } from "#core/model/errors.ts";
import type { ClusterEntry } from "./kubeconfig.ts";

/** The address to speak to. Without a scheme it is https as soon as anything about TLS is said (kubectl's rule). */
export function serverUrl(cluster: ClusterEntry, hasClientCertificate: boolean): URL {
  const written = cluster.server?.trim() ?? "";
  const speaksTls =
    hasClientCertificate ||
    cluster.insecureSkipTlsVerify ||
    Boolean(cluster.certificateAuthority || cluster.certificateAuthorityData);
  const full = /^[a-z][a-z0-9+.-]*:\/\//i.test(written)
    ? written
    : `${speaksTls ? "https" : "http"}://${written}`;
  const url = URL.parse(full);
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new Failure("kubeconfig-broken", "the cluster's server is not an http or https address");
  }
  // Only the place is the address: a name and password in it would end up in texts and manifests.
  return new URL(`${url.origin}${url.pathname.replace(/\/+$/, "")}/`);
}
