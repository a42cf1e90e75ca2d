// Container images made of files, without a registry: a `docker load` archive, that is a tar of one layer's tar, the
// image's configuration and a manifest (OCI image specification, "Image Configuration"; Docker image specification 1.2).
import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { lstat, readdir, readlink, realpath } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";
import { runCommand } from "./run-command.ts";
import { scratchDirectory } from "./scratch.ts";

export type Image = {
  /** With a tag that is not "latest": "localhost/name:1". Pods take it with imagePullPolicy: Never or IfNotPresent. */
  readonly name: string;
  /** What it holds: files and folders of this machine, and their places in the image. */
  readonly content: readonly ImageContent[];
  readonly entrypoint: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Numeric, so that Kubernetes can tell that it is not root. Default "0". */
  readonly user?: string;
};

export type ImageContent =
  | { readonly from: string; readonly to: string }
  /** A link at `to`. */
  | { readonly link: string; readonly to: string }
  /** A file with this text. */
  | { readonly text: string; readonly to: string; readonly mode?: number };

/** What a program needs to run in an image that holds nothing else: its libraries and their loader. None if it is static. */
export async function sharedLibrariesOf(program: string): Promise<readonly ImageContent[]> {
  const stdout = await runCommand("ldd", [program]).catch((error: Error) => {
    if (!error.message.includes("not a dynamic executable")) throw error;
    return "";
  });
  const paths = [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = ""]) => path);
  return Promise.all(paths.map(async (path) => ({ from: await realpath(path), to: path })));
}

/** Writes the archive that `docker load` and `ctr images import` read. */
export async function writeImageArchive(image: Image, path: string): Promise<void> {
  const scratch = await scratchDirectory("image");
  try {
    const layer = join(scratch.path, "layer.tar");
    await writeTar(layer, (tar) => addContents(tar, image.content));
    const configuration = JSON.stringify(configurationOf(image, await sha256Of(layer)));
    const manifest = [{ Config: "config.json", RepoTags: [image.name], Layers: ["layer.tar"] }];
    await writeTar(path, async (tar) => {
      await addFile(tar, layer, "layer.tar");
      tar.entry({ name: "config.json" }, configuration);
      tar.entry({ name: "manifest.json" }, JSON.stringify(manifest));
    });
  } finally {
    await scratch.remove();
  }
}

// As the image specification and Go spell them.
const ARCHITECTURES: Readonly<Record<string, string>> = { x64: "amd64", arm64: "arm64" };

function configurationOf({ entrypoint, env = {}, user = "0" }: Image, layerSha256: string): unknown {
  return {
    architecture: ARCHITECTURES[process.arch] ?? process.arch,
    os: "linux",
    config: {
      Entrypoint: entrypoint,
      User: user,
      Env: Object.entries(env).map(([name, value]) => `${name}=${value}`),
    },
    rootfs: { type: "layers", diff_ids: [`sha256:${layerSha256}`] },
    history: [{ created: "1970-01-01T00:00:00Z" }],
  };
}

async function writeTar(path: string, fill: (tar: Pack) => Promise<void>): Promise<void> {
  const tar = pack();
  const filling = fill(tar).then(
    () => tar.finalize(),
    (error: Error) => tar.destroy(error),
  );
  await Promise.all([pipeline(tar, createWriteStream(path)), filling]);
}

async function addContents(tar: Pack, contents: readonly ImageContent[]): Promise<void> {
  for (const content of contents) {
    if ("from" in content) await addTree(tar, content.from, content.to);
    else if ("link" in content) tar.entry(linkTo(content.link, content.to));
    else tar.entry({ name: inTar(content.to), mode: content.mode ?? 0o644 }, content.text);
  }
}

/** Readable by any user of the image, whoever may read it on this machine. */
async function addTree(tar: Pack, from: string, to: string): Promise<void> {
  const stats = await lstat(from);
  if (stats.isSymbolicLink()) tar.entry(linkTo(await readlink(from), to));
  else if (!stats.isDirectory()) await addFile(tar, from, to);
  else {
    tar.entry({ name: inTar(to), type: "directory", mode: 0o755 });
    for (const name of (await readdir(from)).toSorted()) await addTree(tar, join(from, name), join(to, name));
  }
}

async function addFile(tar: Pack, from: string, to: string): Promise<void> {
  const { size, mode } = await lstat(from);
  await pipeline(
    createReadStream(from),
    tar.entry({ name: inTar(to), size, mode: (mode & 0o111) === 0 ? 0o644 : 0o755 }),
  );
}

function linkTo(target: string, to: string): { name: string; type: "symlink"; linkname: string } {
  return { name: inTar(to), type: "symlink", linkname: target };
}

function inTar(path: string): string {
  return path.replace(/^\//, "");
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
