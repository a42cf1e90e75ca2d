import type { AccessHeaders, ClusterAccess, ClusterTls } from "./access.ts";
import type { Credential, CredentialSource } from "./credential.ts";

/** Joins the credential of the moment to what never changes. Equal credentials give the very same objects. */
export function renewingAccess(
  source: CredentialSource,
  base: ClusterTls,
  impersonation: AccessHeaders,
): Pick<ClusterAccess, "tls" | "headers" | "renew"> {
  const madeFrom = new WeakMap<AccessHeaders, Credential>();
  const headersOf = remember((credential) => {
    const { authorization } = credential;
    const headers = { ...(authorization === undefined ? {} : { authorization }), ...impersonation };
    madeFrom.set(headers, credential);
    return headers;
  });
  let tls = base;
  return {
    async tls(signal) {
      const credential = await source.current(signal);
      const { cert = base.cert, key = base.key } = credential;
      // A new token with the same certificate is no reason for new connections.
      if (cert !== tls.cert || key !== tls.key) tls = { ...base, cert, key };
      return tls;
    },
    headers: async (signal) => headersOf(await source.current(signal)),
    async renew(rejected, signal) {
      const credential = madeFrom.get(rejected);
      return credential !== undefined && (await source.renew(credential, signal));
    },
  };
}

function remember(
  make: (credential: Credential) => AccessHeaders,
): (credential: Credential) => AccessHeaders {
  let last: { readonly credential: Credential; readonly headers: AccessHeaders } | undefined;
  return (credential) => {
    if (last?.credential !== credential) last = { credential, headers: make(credential) };
    return last.headers;
  };
}
