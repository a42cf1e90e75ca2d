import { createReadStream } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { basename, join } from "node:path";
import { runCommand } from "#test/harness/run-command.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

const SCRIPT = join(import.meta.dirname, "../../../scripts/release.ts");

export interface Released {
  /** What `make dist` leaves: archives, sums, bill of materials, krew index. */
  readonly dist: string;
  readonly executables: string;
  remove(): Promise<void>;
}

/** `make dist` for this machine and one that needs a signature, whose archives are to be found under the URL. */
export async function release(url: string): Promise<Released> {
  const folder: Scratch = await scratchDirectory("release");
  const env = { RELEASES: url, RELEASE_TARGETS: "linux_amd64,darwin_arm64" };
  await runCommand(process.execPath, [SCRIPT, folder.path], { env });
  return {
    dist: join(folder.path, "dist"),
    executables: join(folder.path, "executables"),
    remove: folder.remove,
  };
}

export interface FileServer {
  readonly url: string;
  /** From now on its files are those of this folder. */
  serve(folder: string): void;
  stop(): void;
}

/** The place from which releases are downloaded: any path's last part is a file of the folder. */
export async function startFileServer(): Promise<FileServer> {
  let root = "";
  const server = createServer((request, response) => {
    createReadStream(join(root, basename(request.url ?? "")))
      .on("error", () => response.writeHead(404).end())
      .pipe(response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  // An address with a port: it listens on TCP.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    serve: (folder) => {
      root = folder;
    },
    stop: () => server.close(),
  };
}
