import { mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { openDirectoryStore } from "#core/storage/directory/directory-store.ts";
import { runCommand } from "#test/harness/run-command.ts";
import { describeObjectStore } from "./object-store.ts";
import { readAll } from "./store-under-test.ts";

const signal = new AbortController().signal;

describeObjectStore("the directory store", async () => {
  const folder = await mkdtemp(join(tmpdir(), "object-store-"));
  const root = join(folder, "location");
  const { store } = await openDirectoryStore(String(pathToFileURL(root)), root);
  return { store, stop: () => rm(folder, { recursive: true }) };
});

describe("a full disk", () => {
  /** A file system of 8 MiB; mounting takes root, which the contract suite is run as. */
  let disk: string;

  beforeAll(async () => {
    disk = await mkdtemp(join(tmpdir(), "small-disk-"));
    await runCommand("mount", ["-t", "tmpfs", "-o", "size=8m", "small-disk", disk]);
  });
  afterAll(async () => {
    await runCommand("umount", [disk]);
    await rm(disk, { recursive: true });
  });

  test("is told as full, leaves no temporary file, and costs nothing that was there", async () => {
    const { store } = await openDirectoryStore(String(pathToFileURL(disk)), disk);
    await store.put("kept/object", Buffer.from("bytes"), signal);
    const upload = await store.openUpload("new/large", signal);
    const writing = async () => {
      for (let n = 0; n < 20; n++) await upload.write(Buffer.alloc(1_000_000));
      await upload.commit();
    };
    await expect(writing()).rejects.toMatchObject({ code: "location-full" });
    await upload.abort();
    await expect(store.put("new/put", Buffer.alloc(9_000_000), signal)).rejects.toMatchObject({
      code: "location-full",
    });
    expect(await readdir(disk)).toEqual(["kept"]);
    expect(String(await readAll(store.get("kept/object", { signal })))).toBe("bytes");
    await store.put("new/small", Buffer.alloc(5_000_000), signal);
  });
});
