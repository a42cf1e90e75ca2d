import { createHash } from "node:crypto";
import type { IncomingMessage, ServerResponse } from "node:http";
import { buffer } from "node:stream/consumers";

const XML = { "content-type": "application/xml" };

interface Stored {
  readonly body: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

/** An S3 bucket in memory, without uploads in parts: the least that a small backup needs. */
export function sampleBucket(name: string): (request: IncomingMessage, response: ServerResponse) => void {
  const objects = new Map<string, Stored>();
  const answer = async (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? "/", "http://sample");
    const key = decodeURIComponent(url.pathname.slice(name.length + 2));
    const body = await buffer(request);
    if (key === "") return response.writeHead(200, XML).end(listing(name, url, objects));
    if (request.method === "PUT") return put({ objects, key, body }, request, response);
    if (request.method !== "DELETE") return give(objects.get(key), request.method === "HEAD", response);
    objects.delete(key);
    return response.writeHead(204).end();
  };
  return (request, response) => {
    void answer(request, response);
  };
}

function give(stored: Stored | undefined, headOnly: boolean, response: ServerResponse): ServerResponse {
  if (stored === undefined) {
    return response.writeHead(404, XML).end("<Error><Code>NoSuchKey</Code><Message>none</Message></Error>");
  }
  response.writeHead(200, { ...stored.headers, "content-length": stored.body.length });
  return response.end(headOnly ? undefined : stored.body);
}

function put(
  { objects, key, body }: { objects: Map<string, Stored>; key: string; body: Buffer },
  request: IncomingMessage,
  response: ServerResponse,
): ServerResponse {
  if (request.headers["if-none-match"] === "*" && objects.has(key)) {
    return response
      .writeHead(412, XML)
      .end("<Error><Code>PreconditionFailed</Code><Message>taken</Message></Error>");
  }
  const etag = `"${createHash("md5").update(body).digest("hex")}"`;
  const kept = Object.entries(request.headers).filter(([header]) => header.startsWith("x-amz-meta-"));
  const headers = { ...Object.fromEntries(kept), etag, "last-modified": new Date().toUTCString() };
  // Headers of a request that were sent once are strings.
  objects.set(key, { body, headers: headers as Record<string, string> });
  return response.writeHead(200, { etag }).end();
}

function listing(name: string, url: URL, objects: ReadonlyMap<string, Stored>): string {
  if (url.searchParams.has("uploads")) {
    return `<ListMultipartUploadsResult><Bucket>${name}</Bucket><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>`;
  }
  const prefix = url.searchParams.get("prefix") ?? "";
  const found = [...objects].filter(([key]) => key.startsWith(prefix)).sort();
  const contents = found.map(
    ([key, { body, headers }]) =>
      `<Contents><Key>${key}</Key><Size>${body.length}</Size><ETag>${headers["etag"]}</ETag><LastModified>${new Date(headers["last-modified"] ?? 0).toISOString()}</LastModified></Contents>`,
  );
  return `<ListBucketResult><Name>${name}</Name><IsTruncated>false</IsTruncated>${contents.join("")}</ListBucketResult>`;
}
