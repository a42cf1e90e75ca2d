import {
  chmod,
  link,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rm,
  stat,
  symlink,
  writeFile,
} from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openDirectoryStore } from "#core/storage/directory/directory-store.ts";
import { giveName, NameTaken } from "#core/storage/directory/new-file.ts";
import type { ObjectStore } from "#core/storage/object-store.ts";

const signal = new AbortController().signal;
let folder: string;
let root: string;
let store: ObjectStore;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "directory-"));
  root = join(folder, "location");
  ({ store } = await openDirectoryStore("file:///location", root));
});
afterEach(() => rm(folder, { recursive: true }));

async function read(key: string): Promise<string> {
  let text = "";
  for await (const chunk of store.get(key, { signal })) text += Buffer.from(chunk);
  return text;
}

test("a folder that does not exist yet is an empty store, made by the first write for its owner only", async () => {
  for await (const page of store.list("", { signal })) expect(page.objects).toEqual([]);
  await store.put("backups/a/file", Buffer.from("x"), signal);
  for (const path of ["", "backups", "backups/a"])
    expect((await stat(join(root, path))).mode & 0o777).toBe(0o700);
  expect((await stat(join(root, "backups/a/file"))).mode & 0o777).toBe(0o600);
  expect((await openDirectoryStore("file:///location", root)).warnings).toEqual([]);
});

test.runIf(process.platform === "linux")(
  "a folder that cannot be made in one that is there ends in an error, not in a hang",
  async () => {
    const proc = (await openDirectoryStore("file:///proc/location", "/proc/location")).store;
    await expect(proc.put("backups/a/file", Buffer.from("x"), signal)).rejects.toMatchObject({
      code: "location-error",
      message: expect.stringContaining("ENOENT"),
    });
  },
);

test("writers that make the same folders at once all succeed", async () => {
  const keys = Array.from({ length: 20 }, (_, at) => `backups/a/b/c/file-${at}`);
  await Promise.all(keys.map((key) => store.put(key, Buffer.from("x"), signal)));
  for (const key of keys) expect(await read(key)).toBe("x");
});

test("rights wider than the owner's are a warning with the command that mends them", async () => {
  await mkdir(root, { mode: 0o755 });
  await chmod(root, 0o755);
  const { warnings } = await openDirectoryStore("file:///location", root);
  expect(warnings).toEqual([expect.stringContaining(`chmod -R go= ${root}`)]);
});

test("a location that is a file is refused at open", async () => {
  await writeFile(root, "");
  await expect(openDirectoryStore("file:///location", root)).rejects.toMatchObject({
    code: "location-missing",
  });
});

test("while an upload is under way its bytes lie under a hidden name in the same folder", async () => {
  const upload = await store.openUpload("a/b", signal);
  await upload.write(Buffer.from("x"));
  expect(await readdir(join(root, "a"))).toEqual([
    expect.stringMatching(/^\.kubectl-backup-[0-9a-f]{16}\.tmp$/),
  ]);
  await upload.commit();
  expect(await readdir(join(root, "a"))).toEqual(["b"]);
  const dropped = await store.openUpload("only/one", signal);
  await dropped.abort();
  expect(await readdir(root)).toEqual(["a"]);
});

test("links inside the location are neither followed nor seen", async () => {
  const outside = join(folder, "outside");
  await mkdir(outside);
  await writeFile(join(outside, "secret"), "not yours");
  await mkdir(root);
  await symlink(outside, join(root, "linked"));
  await symlink(join(outside, "secret"), join(root, "file"));
  await expect(read("linked/secret")).rejects.toMatchObject({ code: "location-error" });
  await expect(read("file")).rejects.toMatchObject({ code: "location-error" });
  await expect(store.put("linked/new", Buffer.from("x"), signal)).rejects.toMatchObject({
    code: "location-error",
  });
  await expect(store.remove(["linked/secret"], signal)).rejects.toMatchObject({ code: "location-error" });
  expect(await store.head("file", signal)).toBeUndefined();
  for await (const page of store.list("", { signal })) expect(page.objects).toEqual([]);
  expect(await readdir(outside)).toEqual(["secret"]);
});

test("a location reached through a link works", async () => {
  await mkdir(root);
  await symlink(root, join(folder, "alias"));
  const { store: alias } = await openDirectoryStore("file:///alias", `${join(folder, "alias")}/`);
  await alias.put("a/b", Buffer.from("x"), signal);
  expect(await read("a/b")).toBe("x");
});

test("where the file system has no links a name is given by renaming, still never over another", async () => {
  const without = async () => {
    throw Object.assign(new Error("no links here"), { code: "EPERM" });
  };
  const [from, to] = [join(folder, "from"), join(folder, "to")];
  await writeFile(from, "first");
  await giveName(from, to, without);
  expect(await readFile(to, "utf8")).toBe("first");
  await writeFile(from, "second");
  await expect(giveName(from, to, without)).rejects.toBeInstanceOf(NameTaken);
  await expect(giveName(from, to, link)).rejects.toBeInstanceOf(NameTaken);
  expect(await readFile(to, "utf8")).toBe("first");
});

test("an ETag changes when a file is replaced behind the store's back, and a read that demands it fails", async () => {
  const { etag } = await store.put("a/b", Buffer.from("x"), signal);
  await rm(join(root, "a/b"));
  await writeFile(join(root, "a/b"), "y");
  expect((await store.head("a/b", signal))?.etag).not.toBe(etag);
  const reading = async () => {
    for await (const _ of store.get("a/b", { etag, signal })) expect.unreachable();
  };
  await expect(reading()).rejects.toMatchObject({ code: "location-error" });
});

test("temporary files of a run that died are swept, foreign files are not", async () => {
  await store.put("a/b", Buffer.from("x"), signal);
  await writeFile(join(root, "a/.kubectl-backup-0123456789abcdef.tmp"), "half");
  await writeFile(join(root, "a/.other.tmp"), "mine");
  expect(await store.sweepUploads("a/", 60_000, signal)).toBe(0);
  expect(await store.sweepUploads("a/", 0, signal)).toBe(1);
  expect((await readdir(join(root, "a"))).sort()).toEqual([".other.tmp", "b"]);
});

test("removing the last object removes the folders that it leaves empty, but not the location", async () => {
  await store.put("a/b/c", Buffer.from("x"), signal);
  await store.put("a/d", Buffer.from("x"), signal);
  await store.remove(["a/b/c"], signal);
  expect(await readdir(join(root, "a"))).toEqual(["d"]);
  await store.remove(["a/d"], signal);
  expect(await readdir(root)).toEqual([]);
});

test("writers and removers of one folder do not trip over each other", async () => {
  const cycle = async (n: number) => {
    for (let round = 0; round < 20; round++) {
      await store.put(`shared/${n}`, Buffer.from("x"), signal);
      await store.remove([`shared/${n}`], signal);
    }
  };
  await Promise.all([0, 1, 2, 3].map(cycle));
  expect(await readdir(root)).toEqual([]);
});
