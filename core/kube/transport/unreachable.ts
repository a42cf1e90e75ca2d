import { Failure } from "#core/model/errors.ts";
import type { BrokenExchange } from "./wire.ts";

/** Codes of node:tls and OpenSSL for a peer that cannot be trusted or does not speak TLS with us. */
const TLS_CODE =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|SELF_SIGNED_|DEPTH_ZERO_|EPROTO$|INVALID_CA$|HOSTNAME_MISMATCH$)/;

/** The one place where a broken connection becomes a Failure. */
export function unreachable(error: BrokenExchange, server: URL): Failure {
  const { cause } = error;
  // A proxy that refused has said why already.
  if (cause instanceof Failure) return cause;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (error.dialling && TLS_CODE.test(code)) return untrusted(code, error, server);
  const message = error.dialling
    ? `cannot connect to ${server.origin}`
    : `connection to ${server.origin} was lost`;
  return new Failure("cluster-unreachable", `${message}: ${error.message}`, { cause, retryable: true });
}

/** What OpenSSL says of a first answer that is no TLS. */
const NOT_TLS = /wrong version number|packet length too long|unknown protocol|http request/;

/** Node advises about its own command line, which nobody has typed. */
const NODES_ADVICE = /; if the root CA is installed locally.*/s;

function untrusted(code: string, { cause, message }: BrokenExchange, { origin }: URL): Failure {
  if (NOT_TLS.test(message)) {
    return new Failure("cluster-unreachable", `${origin} does not speak TLS: not an API server's port?`, {
      cause,
    });
  }
  const hint =
    code === "ERR_TLS_CERT_ALTNAME_INVALID"
      ? "check server and tls-server-name in the kubeconfig (--tls-server-name)"
      : undefined;
  return new Failure("cluster-tls", `${origin}: ${message.replace(NODES_ADVICE, "").trim()}`, {
    cause,
    hint,
  });
}
