import { amzDateOf, signS3 } from "./s3-signature.ts";

/** Where a bucket is and who may use it: plain data, fit to be handed to another process. */
export type S3Address = {
  readonly endpoint: string;
  readonly bucket: string;
  readonly region: string;
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
};

export type S3Client = {
  /** One signed request to the bucket; `key` "" is the bucket itself. Any status is an answer. */
  request(
    method: string,
    key: string,
    options?: { query?: string; headers?: Readonly<Record<string, string>>; body?: Uint8Array | string },
  ): Promise<Response>;
  /** All keys under a prefix, sorted. */
  listKeys(prefix?: string): Promise<readonly string[]>;
  getObject(key: string): Promise<Buffer>;
  putObject(key: string, body: Uint8Array | string): Promise<void>;
  /** Absent is fine. */
  deleteObject(key: string): Promise<void>;
  /** Keys of the multipart uploads that nobody has completed or aborted. */
  listUploads(): Promise<readonly string[]>;
};

/** A small raw client (fetch and our own signature), so that tests look at the bucket past the product's SDK. */
export function createS3Client(address: S3Address): S3Client {
  const request: S3Client["request"] = async (method, key, { query = "", headers = {}, body } = {}) => {
    const url = new URL(address.endpoint);
    const path = `/${address.bucket}${key === "" ? "" : `/${encodeKey(key)}`}`;
    const signed = {
      ...headers,
      host: url.host,
      "x-amz-date": amzDateOf(new Date()),
      "x-amz-content-sha256": "UNSIGNED-PAYLOAD",
    };
    const authorization = signS3({ method, path, query, headers: signed }, address);
    const { host: _, ...sent } = signed;
    const target = `${url.origin}${path}${query === "" ? "" : `?${query}`}`;
    return fetch(target, {
      method,
      headers: { ...sent, authorization },
      ...(body !== undefined && { body }),
    });
  };
  const expectOk = async (...args: Parameters<S3Client["request"]>): Promise<Response> => {
    const response = await request(...args);
    if (!response.ok) throw new Error(`${args[0]} ${args[1]}: ${response.status} ${await response.text()}`);
    return response;
  };
  return {
    request,
    listKeys: (prefix = "") => listKeys(expectOk, prefix),
    getObject: async (key) => Buffer.from(await (await expectOk("GET", key)).arrayBuffer()),
    putObject: async (key, body) => void (await expectOk("PUT", key, { body })),
    deleteObject: async (key) => void (await expectOk("DELETE", key)),
    listUploads: async () => valuesOf("Key", await (await expectOk("GET", "", { query: "uploads" })).text()),
  };
}

async function listKeys(
  fetchOk: (method: string, key: string, options: { query: string }) => Promise<Response>,
  prefix: string,
): Promise<readonly string[]> {
  const keys: string[] = [];
  let after = "";
  for (;;) {
    const query = `list-type=2&prefix=${encodeQuery(prefix)}&start-after=${encodeQuery(after)}`;
    const text = await (await fetchOk("GET", "", { query })).text();
    keys.push(...valuesOf("Key", text));
    if (!text.includes("<IsTruncated>true")) return keys;
    after = keys.at(-1) ?? "";
  }
}

function valuesOf(element: string, xml: string): readonly string[] {
  const found = xml.matchAll(new RegExp(`<${element}>([^<]*)</${element}>`, "g"));
  return [...found].map(([, text = ""]) =>
    text.replace(/&(amp|lt|gt|quot|#34|#39);/g, (entity) => ENTITIES[entity] ?? entity),
  );
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": '"',
  "&#34;": '"',
  "&#39;": "'",
};

/** encodeURIComponent leaves five characters alone that AWS wants encoded in what it signs. */
function encodeQuery(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function encodeKey(key: string): string {
  return key.split("/").map(encodeQuery).join("/");
}
