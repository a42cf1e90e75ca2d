import { readFileSync } from "node:fs";
import { getCACertificates } from "node:tls";
import { Failure } from "#core/model/errors.ts";
import type { LocationUrl } from "#core/model/location.ts";
import { S3Client } from "./aws-sdk.ts";

export type S3Location = Extract<LocationUrl, { type: "s3" }>;

export interface Patience {
  readonly connectMs: number;
  /** No byte in either direction for so long: the store is taken for dead. */
  readonly idleMs: number;
  /** The first wait before another try; it doubles from there. */
  readonly retryMs: number;
}

export const PATIENCE: Patience = { connectMs: 10_000, idleMs: 60_000, retryMs: 200 };

/** MinIO, Ceph, Garage and versitygw all answer to this region unless told otherwise. */
const CUSTOM_ENDPOINT_REGION = "us-east-1";

/**
 * The SDK's client with its whole credential chain. It tries once: how often again is decided by core/flow, because
 * whether a write's reply was lost must be known to tell our own object from somebody else's.
 */
export function createClient(location: S3Location, patience: Patience): S3Client {
  const custom = location.endpoint !== undefined;
  const checksums = location.checksums ?? (custom ? "WHEN_REQUIRED" : "WHEN_SUPPORTED");
  const region = location.region ?? (custom ? CUSTOM_ENDPOINT_REGION : undefined);
  return new S3Client({
    ...(region !== undefined && { region }),
    ...(custom && { endpoint: location.endpoint }),
    ...(location.profile !== undefined && { profile: location.profile }),
    forcePathStyle: location.pathStyle,
    requestChecksumCalculation: checksums,
    responseChecksumValidation: checksums,
    maxAttempts: 1,
    // Many servers never answer 100-continue, and the SDK then waits six seconds and opens a connection per request.
    expectContinueHeader: false,
    customUserAgent: "kubectl-backup",
    logger: SILENT,
    requestHandler: {
      connectionTimeout: patience.connectMs,
      socketTimeout: patience.idleMs,
      httpAgent: AGENT,
      httpsAgent: { ...AGENT, ...trust(location) },
    },
  });
}

const nothing = () => {};
/** The SDK would write its warnings to the console, into the middle of a progress bar. */
const SILENT = { trace: nothing, debug: nothing, info: nothing, warn: nothing, error: nothing };
/** HTTP_PROXY, HTTPS_PROXY and NO_PROXY count as for the AWS CLI. */
const AGENT = { keepAlive: true, maxSockets: 50, proxyEnv: process.env };

function trust({ caFile, url }: S3Location): { ca?: string[] } {
  if (caFile === undefined) return {};
  try {
    return { ca: [...getCACertificates("default"), readFileSync(caFile, "utf8")] };
  } catch (cause) {
    throw new Failure("usage", `${url}: the file ${caFile} of ?ca= cannot be read`, { cause });
  }
}
