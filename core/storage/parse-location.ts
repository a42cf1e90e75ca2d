import { homedir } from "node:os";
import { resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Failure } from "#core/model/errors.ts";
import type { LocationUrl } from "#core/model/location.ts";
import { nearest } from "#core/model/nearest.ts";
import { isKey } from "./keys.ts";

const FORMS = "a location is file:///folder or s3://bucket/prefix?region=…";
const CREDENTIALS_HINT =
  "leave them out: credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, AWS_PROFILE or a role";

const usage = (message: string, hint: string = FORMS) => new Failure("usage", message, { hint });

/** URL → location. Everything unclear is refused: a typo must not become another place for somebody's backups. */
export function parseLocation(text: string): LocationUrl {
  const meant = mendedScheme(text);
  if (meant !== undefined) {
    // Its own faults first: a hint repeats no credentials.
    parseLocation(meant);
    throw usage(`${text} is not a location`, `write ${meant}`);
  }
  if (BARE_USER_INFO.test(text)) throw usage("a location holds no credentials", CREDENTIALS_HINT);
  if (looksLikePath(text)) throw usage(`${text} is a path`, `write ${folderUrl(text)}`);
  if (S3_USER_INFO.test(text)) throw usage("a location holds no credentials", CREDENTIALS_HINT);
  const url = URL.parse(text);
  if (url === null) throw usage(`${JSON.stringify(withoutUserInfo(text))} is not a location`);
  if (url.username !== "" || url.password !== "")
    throw usage("a location holds no credentials", CREDENTIALS_HINT);
  if (url.hash !== "") throw usage(`${withoutUserInfo(text)}: # has no meaning in a location`);
  if (url.protocol === "file:") return parseFile(text, url);
  if (url.protocol === "s3:") return parseS3(text, url);
  throw usage(`${url.protocol}// is not a kind of location`);
}

/** What is neither a URL nor a configured name: `/srv/x`, `./x`, `~/x`, `x/y`, `C:\x`. */
export function looksLikePath(text: string): boolean {
  return /^([./~\\]|[A-Za-z]:[\\/])/.test(text) || (!text.includes("://") && /[/\\]/.test(text));
}

/** `s3:/bucket`, `s3:bucket`, `s3//bucket`: to a URL's parser some of these are places too, of another name. */
function mendedScheme(text: string): string | undefined {
  const [, scheme, mark, rest = ""] = /^(s3|file)(:\/?|\/\/)([^/:].*)$/i.exec(text) ?? [];
  if (scheme === undefined) return undefined;
  if (scheme.toLowerCase() === "s3") return `s3://${rest}`;
  if (mark !== ":") return `file:///${rest}`;
  const [, path = "", options = ""] = /^([^?]*)(.*)$/s.exec(rest) ?? [];
  return `${folderUrl(path)}${options}`;
}

/** The folder that a shell takes the path for: within a word, as after `--location=`, it leaves ~ as it is. */
function folderUrl(path: string): string {
  return String(pathToFileURL(resolve(path.replace(/^~(?=[/\\]|$)/, () => homedir()))));
}

/** `KEY:secret@bucket`, whose scheme was left out; a drive's letter is no key. */
const BARE_USER_INFO = /^[^./~\\:][^/\\:]+:(?!\/\/).*@/s;

/** Neither bucket nor prefix holds an @. A secret key often holds a slash, which to a URL's parser ends the host. */
const S3_USER_INFO = /^s3:\/\/[^?]*@/i;

function withoutUserInfo(text: string): string {
  return text.replace(/\/\/.*@/s, "//…@");
}

function parseFile(text: string, url: URL): LocationUrl {
  const options = readOptions(url, ["readOnly"]);
  try {
    const path = fileURLToPath(new URL(url.pathname, url));
    return { type: "file", url: text, path, readOnly: flag(options, "readOnly") ?? false };
  } catch {
    throw usage(`${text} names no folder of this machine`, "write file:///absolute/path with three slashes");
  }
}

const S3_OPTIONS = [
  "region",
  "endpoint",
  "pathStyle",
  "profile",
  "checksums",
  "sse",
  "kmsKeyId",
  "objectLock",
  "ca",
  "readOnly",
];

function parseS3(text: string, url: URL): LocationUrl {
  const options = readOptions(url, S3_OPTIONS);
  const endpoint = parseEndpoint(options);
  return {
    type: "s3",
    url: text,
    bucket: parseBucket(url),
    prefix: parsePrefix(text, url),
    region: options.get("region"),
    endpoint,
    // Servers other than AWS's rarely have a DNS name for every bucket.
    pathStyle: flag(options, "pathStyle") ?? endpoint !== undefined,
    profile: options.get("profile"),
    checksums: parseChecksums(options),
    sse: options.get("sse"),
    kmsKeyId: options.get("kmsKeyId"),
    objectLock: parseObjectLock(options),
    caFile: options.get("ca"),
    readOnly: flag(options, "readOnly") ?? false,
  };
}

function readOptions(url: URL, known: readonly string[]): ReadonlyMap<string, string> {
  const options = new Map<string, string>();
  for (const [name, value] of url.searchParams) {
    if (/key_?id|secret|password|token|credential/i.test(name) && name !== "kmsKeyId") {
      throw usage(`a location holds no credentials (?${name}=)`, CREDENTIALS_HINT);
    }
    if (!known.includes(name)) throw unknownOption(name, known);
    if (options.has(name)) throw usage(`?${name}= is given twice`);
    if (value === "") throw usage(`?${name}= is empty`);
    options.set(name, value);
  }
  return options;
}

function unknownOption(name: string, known: readonly string[]): Failure {
  const near = nearest(name, known);
  const hint = near === undefined ? `known are ${known.join(", ")}` : `did you mean ?${near}= ?`;
  return usage(`a location of this kind has no ?${name}=`, hint);
}

function flag(options: ReadonlyMap<string, string>, name: string): boolean | undefined {
  const value = options.get(name);
  if (value === undefined || value === "true" || value === "false") return value && value === "true";
  throw usage(`?${name}=${value} is neither true nor false`);
}

function parseBucket(url: URL): string {
  const hint = "write s3://BUCKET/prefix, and the server's address as ?endpoint=https://…";
  if (url.port !== "") throw usage(`${url.host} is a server's address, not a bucket`, hint);
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{1,62}$/.test(url.hostname))
    throw usage(`no bucket's name: "${url.hostname}"`, hint);
  return url.hostname;
}

function parsePrefix(text: string, url: URL): string {
  const prefix = url.pathname.replace(/^\/+|\/+$/g, "");
  if (prefix !== "" && !isKey(prefix))
    throw usage(`${text}: a prefix is of A-Z a-z 0-9 . _ - and single slashes`);
  return prefix;
}

function parseEndpoint(options: ReadonlyMap<string, string>): string | undefined {
  const text = options.get("endpoint");
  if (text === undefined) return undefined;
  const url = URL.parse(text);
  if (url !== null && (url.username !== "" || url.password !== "")) {
    throw usage("an endpoint holds no credentials", CREDENTIALS_HINT);
  }
  if (url?.protocol === "http:" || url?.protocol === "https:") return text;
  throw usage(`?endpoint=${text} is not an address`, "write ?endpoint=https://host:port");
}

function parseChecksums(
  options: ReadonlyMap<string, string>,
): "WHEN_REQUIRED" | "WHEN_SUPPORTED" | undefined {
  const value = options.get("checksums")?.toUpperCase();
  if (value === undefined || value === "WHEN_REQUIRED" || value === "WHEN_SUPPORTED") return value;
  throw usage(`?checksums=${value} is unknown`, "it is WHEN_REQUIRED or WHEN_SUPPORTED");
}

function parseObjectLock(
  options: ReadonlyMap<string, string>,
): { readonly mode: "GOVERNANCE" | "COMPLIANCE"; readonly days: number } | undefined {
  const text = options.get("objectLock");
  if (text === undefined) return undefined;
  const [, mode, days] = /^(governance|compliance),([1-9][0-9]{0,4})d$/i.exec(text) ?? [];
  if (mode === undefined)
    throw usage(`?objectLock=${text} is not understood`, "write objectLock=GOVERNANCE,30d");
  return { mode: mode.toUpperCase() === "GOVERNANCE" ? "GOVERNANCE" : "COMPLIANCE", days: Number(days) };
}
