import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createS3Client, type S3Address } from "#test/harness/s3-client.ts";
import { s3Environment } from "#test/harness/s3-server.ts";
import { scratchDirectory } from "#test/harness/scratch.ts";
import { sharedS3, uniqueName } from "#test/harness/shared.ts";

/** An empty location of a test's own, and what lies in it seen past the product. */
export type TestLocation = {
  readonly store: "directory" | "s3";
  readonly url: string;
  /** What the program needs in its environment to get in. */
  readonly env: Readonly<Record<string, string>>;
  /** Everything that lies there: keys, temporary files, open uploads (as `upload:KEY`). */
  contents(): Promise<readonly string[]>;
  remove(): Promise<void>;
};

export async function directoryLocation(): Promise<TestLocation & { readonly path: string }> {
  const scratch = await scratchDirectory("location");
  const path = join(scratch.path, "backups-here");
  return {
    store: "directory",
    url: pathToFileURL(path).href,
    path,
    env: {},
    contents: () => filesBelow(path),
    remove: scratch.remove,
  };
}

/** `through`: the address that the program is given, a faulty proxy say; the test itself looks at the server. */
export function s3Location(through: S3Address = sharedS3()): TestLocation & { readonly prefix: string } {
  const prefix = uniqueName("cli");
  const client = createS3Client(sharedS3());
  const contents = async () => {
    const uploads = (await client.listUploads()).filter((key) => key.startsWith(`${prefix}/`));
    return [...(await client.listKeys(`${prefix}/`)), ...uploads.map((key) => `upload:${key}`)];
  };
  return {
    store: "s3",
    url: s3Url(through, prefix),
    prefix,
    env: s3Environment(through),
    contents,
    remove: async () => {
      for (const key of await client.listKeys(`${prefix}/`)) await client.deleteObject(key);
    },
  };
}

export function s3Url({ bucket, endpoint }: S3Address, prefix: string): string {
  return `s3://${bucket}/${prefix}?endpoint=${endpoint}&pathStyle=true`;
}

/** Text that gzip cannot make smaller than three quarters. */
export function incompressible(bytes: number): string {
  return randomBytes(Math.ceil((bytes * 3) / 4)).toString("base64");
}

async function filesBelow(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { withFileTypes: true, recursive: true }).catch(() => []);
  return entries.filter((entry) => !entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
}
