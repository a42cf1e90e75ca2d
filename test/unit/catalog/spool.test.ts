import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { Spool } from "#core/catalog/spool.ts";

describe("what is copied to be read anywhere", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "spool-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  const fill = async (spool: Spool, ...pieces: string[]) => {
    for (const piece of pieces) await spool.write(Buffer.from(piece));
  };
  const textAt = async (spool: Spool, offset: number, length: number) =>
    Buffer.from(await spool.read(offset, length)).toString();

  test.for([
    ["in memory", 1000],
    ["in a file from its beginning", 3],
    ["in a file once it is too much for memory", 10],
  ] as const)("is given back %s", async ([, memoryBytes]) => {
    const spool = new Spool(folder, memoryBytes);
    await fill(spool, "first ", "second ", "third");
    expect(spool.sizeBytes).toBe(18);
    expect(await textAt(spool, 0, 18)).toBe("first second third");
    expect(await textAt(spool, 6, 6)).toBe("second");
    await expect(spool.read(10, 9)).rejects.toMatchObject({ code: "backup-damaged" });
    spool.close();
  });

  test("has no name for others to open", async () => {
    const spool = new Spool(folder, 3);
    await fill(spool, "first");
    expect(await readdir(folder)).toEqual([]);
    spool.close();
    expect(await readdir(folder)).toEqual([]);
  });

  test("needs no folder while it is in memory, and says where one is needed then", async () => {
    const file = join(folder, "no-folder");
    await writeFile(file, "");
    const spool = new Spool(file, 5);
    await fill(spool, "first");
    await expect(fill(spool, "second")).rejects.toMatchObject({
      code: "internal",
      message: expect.stringMatching(/temporary file is needed at .*no-folder/),
    });
  });
});
