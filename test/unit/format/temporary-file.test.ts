import { mkdtempSync, readdirSync, rmSync, watch, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { TemporaryFile } from "#core/format/temporary-file.ts";

describe("a temporary file", () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "spill-"));
  });

  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  test("gives back what was appended, and has no name for others to open", () => {
    const spill = new TemporaryFile(folder);
    spill.append(Buffer.from("one"));
    const [offset, length] = spill.append(Buffer.from("second"));
    const bytes = Buffer.alloc(length);
    spill.read(bytes, offset);
    expect(bytes.toString()).toBe("second");
    expect(readdirSync(folder)).toEqual([]);
    spill.close();
  });

  test.runIf(process.platform === "linux")("never has one, so that no kill can leave it behind", async () => {
    const seen: (string | null)[] = [];
    const watcher = watch(folder, (_, name) => seen.push(name));
    const spill = new TemporaryFile(folder);
    spill.append(Buffer.from("one"));
    await setTimeout(50);
    watcher.close();
    spill.close();
    // `#` and the inode: what Linux tells watchers of a file without a name.
    expect(seen.filter((name) => !name?.startsWith("#"))).toEqual([]);
  });

  test("is not touched once it is closed: its number may be another file's", () => {
    const spill = new TemporaryFile(folder);
    spill.append(Buffer.from("one"));
    spill.close();
    spill.close();
    expect(() => spill.append(Buffer.from("two"))).toThrow("given up");
    expect(() => spill.read(Buffer.alloc(1), 0)).toThrow("given up");
  });

  test("says where a folder is needed that can be written", () => {
    const file = join(folder, "no-folder");
    writeFileSync(file, "");
    expect(() => new TemporaryFile(file)).toThrow(/temporary file is needed at .*no-folder/);
  });
});
