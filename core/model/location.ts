/** A location is a URL; the parsed form is what storage opens. Never holds credentials. */
export type LocationUrl =
  | { readonly type: "file"; readonly url: string; readonly path: string; readonly readOnly: boolean }
  | {
      readonly type: "s3";
      readonly url: string;
      readonly bucket: string;
      /** Without leading or trailing slash; "" for the bucket's root. */
      readonly prefix: string;
      readonly region?: string | undefined;
      /** Present: a server that is not AWS's. */
      readonly endpoint?: string | undefined;
      readonly pathStyle: boolean;
      readonly profile?: string | undefined;
      /** Absent: WHEN_REQUIRED on custom endpoints, WHEN_SUPPORTED on AWS. */
      readonly checksums?: "WHEN_REQUIRED" | "WHEN_SUPPORTED" | undefined;
      readonly sse?: string | undefined;
      readonly kmsKeyId?: string | undefined;
      readonly objectLock?: { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number } | undefined;
      /** PEM file that signs the endpoint's certificate. */
      readonly caFile?: string | undefined;
      readonly readOnly: boolean;
    };

/** The option that names something which one machine alone has; undefined: every machine sees the same behind it. */
export function ownOptionOf(location: LocationUrl): "file" | "profile" | "ca" | undefined {
  if (location.type === "file") return "file";
  if (location.profile !== undefined) return "profile";
  return location.caFile === undefined ? undefined : "ca";
}
