// What the container image holds above its base, in build/image/app: the pinned Node, the plugin, the guard, and the one
// library of Node's that slim bases leave out. The Dockerfile copies it, and so do the tests.
import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const BUILD = join(import.meta.dirname, "../build");
const APP = join(BUILD, "image/app");

/** No shell in the image: the kernel starts Node itself, whose flags come by the image's NODE_OPTIONS. */
const PLUGIN = `#!/app/node
require("/app/lib/start.cjs");
`;

rmSync(APP, { recursive: true, force: true });
mkdirSync(join(APP, "native"), { recursive: true });
copyFileSync(process.execPath, join(APP, "node"));
copyFileSync(libatomic(), join(APP, "native/libatomic.so.1"));
const isProduct = (path: string) => !/\/(\.compile-cache|executable\.cjs)$/.test(path);
for (const bundle of ["lib", "webhook"].filter((name) => existsSync(join(BUILD, name)))) {
  cpSync(join(BUILD, bundle), join(APP, bundle), { recursive: true, filter: isProduct });
}
writeFileSync(join(APP, "kubectl-backup"), PLUGIN);
chmodSync(join(APP, "kubectl-backup"), 0o755);

function libatomic(): string {
  const path = /libatomic\.so\.1 => (\S+)/.exec(
    execFileSync("ldd", [process.execPath], { encoding: "utf8" }),
  );
  if (path?.[1] === undefined)
    throw new Error("Node does not ask for libatomic.so.1: no need to bring it along");
  return path[1];
}
