// AWS signature version 4 for S3, in the form that needs no knowledge of the body beyond x-amz-content-sha256:
// https://docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html
import { createHash, createHmac } from "node:crypto";

export type S3Credentials = {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly region: string;
};

export type SignableRequest = {
  readonly method: string;
  /** As it stands in the request line: encoded, without the query. */
  readonly path: string;
  /** As it stands in the request line, without the question mark. */
  readonly query: string;
  /** Lower-case names; host, x-amz-date and x-amz-content-sha256 among them. */
  readonly headers: Readonly<Record<string, string>>;
};

/** The value of the Authorization header; all headers given are signed. */
export function signS3(request: SignableRequest, credentials: S3Credentials): string {
  const names = Object.keys(request.headers).toSorted();
  const signedHeaders = names.join(";");
  const amzDate = request.headers["x-amz-date"] ?? "";
  const canonical = [
    request.method,
    request.path,
    canonicalQuery(request.query),
    ...names.map((name) => `${name}:${request.headers[name]?.trim().replace(/\s+/g, " ")}`),
    "",
    signedHeaders,
    request.headers["x-amz-content-sha256"],
  ].join("\n");
  const day = amzDate.slice(0, 8);
  const scope = `${day}/${credentials.region}/s3/aws4_request`;
  const toSign = ["AWS4-HMAC-SHA256", amzDate, scope, sha256(canonical)].join("\n");
  const key = [day, credentials.region, "s3", "aws4_request"].reduce<string | Buffer>(
    (secret, part) => createHmac("sha256", secret).update(part).digest(),
    `AWS4${credentials.secretAccessKey}`,
  );
  const signature = createHmac("sha256", key).update(toSign).digest("hex");
  return `AWS4-HMAC-SHA256 Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedHeaders}, Signature=${signature}`;
}

/** "20261122T203000Z" */
export function amzDateOf(date: Date): string {
  return date.toISOString().replace(/[-:]|\.\d{3}/g, "");
}

function canonicalQuery(query: string): string {
  const pairs = query.split("&").filter((pair) => pair !== "");
  return pairs
    .map((pair) => (pair.includes("=") ? pair : `${pair}=`))
    .toSorted()
    .join("&");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}
