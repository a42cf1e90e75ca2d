import { createWriteStream } from "node:fs";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { ZipFile } from "yazl";

export interface ArchivedFile {
  readonly name: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** The same for every build, and late enough for zip, whose clock begins in 1980. */
const TIME = new Date("1985-10-26T08:15:00Z");

export async function writeTarGz(path: string, files: readonly ArchivedFile[]): Promise<void> {
  const archive = pack();
  for (const { name, mode, content } of files)
    archive.entry({ name, mode, mtime: TIME, uname: "root", gname: "root" }, content);
  archive.finalize();
  await pipeline(archive, createGzip(), createWriteStream(path));
}

export async function zipped(files: readonly ArchivedFile[]): Promise<Buffer> {
  const archive = new ZipFile();
  // Zip keeps local time: without the other time stamps it would differ from one time zone to the next.
  for (const { name, mode, content } of files)
    archive.addBuffer(content, name, {
      mode: 0o100000 | mode,
      mtime: localTime(TIME),
      forceDosTimestamp: true,
    });
  archive.end();
  return buffer(archive.outputStream);
}

/** The time whose local reading is the given time's in UTC. */
function localTime(time: Date): Date {
  return new Date(time.getTime() + time.getTimezoneOffset() * 60_000);
}
