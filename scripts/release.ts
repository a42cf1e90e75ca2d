// make dist: executables for every platform, archives, sums, a bill of materials and the krew index, in build/dist (or in
// the folder that is given: node scripts/release.ts FOLDER). The same sources give the same bytes.
import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeCodeCache } from "./code-cache.ts";
import { type ArchivedFile, writeTarGz, zipped } from "./release/archive.ts";
import { bundledPackages } from "./release/bundled-packages.ts";
import { buildExecutable, type Content } from "./release/executable.ts";
import { KREW_NAMES, krewManifest } from "./release/krew-manifest.ts";
import { thirdPartyLicenses } from "./release/licenses.ts";
import { sbom } from "./release/sbom.ts";
import { archiveName, executableName, TARGETS, type Target, targetName } from "./release/targets.ts";

const ROOT = join(import.meta.dirname, "..");
const LIBRARY = join(ROOT, "build/lib");
const OUTPUT = process.argv[2] ?? join(ROOT, "build");
const EXECUTABLES = join(OUTPUT, "executables");
const DIST = join(OUTPUT, "dist");

/** Where the archives will be found; the krew manifests point there. */
const HOMEPAGE = process.env["HOMEPAGE"] ?? "https://kubectl-backup.io";
const RELEASES = process.env["RELEASES"] ?? `${HOMEPAGE}/releases`;

const { version } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8"));

async function contentOfExecutables(): Promise<Content> {
  const starters = ["executable.cjs", "start.cjs"];
  const modules = readdirSync(LIBRARY).filter((name) => name.endsWith(".cjs") && !starters.includes(name));
  // main.cjs runs the program, so it comes last: what it has loaded is compiled with it.
  const ordered = modules.toSorted((a, b) => Number(a === "main.cjs") - Number(b === "main.cjs"));
  const caches = await makeCodeCache(LIBRARY, ordered, EXECUTABLES);
  return {
    main: join(LIBRARY, "executable.cjs"),
    modules: Object.fromEntries(ordered.map((name) => [name, join(LIBRARY, name)])),
    codeCache: Object.fromEntries(caches.map((name) => [name, join(EXECUTABLES, name)])),
  };
}

interface Release {
  readonly content: Content;
  readonly texts: readonly ArchivedFile[];
}

async function release(target: Target, { content, texts }: Release): Promise<string> {
  const executable = buildExecutable(target, content, EXECUTABLES);
  const man = target.os === "windows" ? [] : manPages();
  const files = [
    { name: executableName(target), mode: 0o755, content: readFileSync(executable) },
    ...texts,
    ...man,
  ];
  const archive = archiveName(target, version);
  if (target.os === "windows") writeFileSync(join(DIST, archive), await zipped(files));
  else await writeTarGz(join(DIST, archive), files);
  process.stdout.write(`${archive}\n`);
  return archive;
}

function sha256(name: string): string {
  return createHash("sha256")
    .update(readFileSync(join(DIST, name)))
    .digest("hex");
}

function text(name: string, content: string | Buffer): ArchivedFile {
  return { name, mode: 0o644, content: Buffer.from(content) };
}

/** As `make docs` left them; a MANPATH of the folder man finds them. */
function manPages(): readonly ArchivedFile[] {
  const folder = join(ROOT, "docs/man/man1");
  return readdirSync(folder)
    .sort()
    .map((name) => text(`man/man1/${name}`, readFileSync(join(folder, name))));
}

/** A custom index is a repository with plugins/NAME.yaml. */
function writeKrewIndex(archives: readonly { readonly target: Target; readonly archive: string }[]): void {
  const plugins = join(DIST, "krew-index/plugins");
  mkdirSync(plugins, { recursive: true });
  const released = archives.map(({ target, archive }) => ({
    target,
    url: `${RELEASES}/v${version}/${archive}`,
    sha256: sha256(archive),
  }));
  for (const name of KREW_NAMES) {
    const manifest = krewManifest({ name, version, homepage: HOMEPAGE, archives: released });
    writeFileSync(join(plugins, `${name}.yaml`), manifest);
  }
}

/** RELEASE_TARGETS=linux_amd64,… builds only these. */
const chosen = process.env["RELEASE_TARGETS"]?.split(",");
const targets = TARGETS.filter((target) => chosen?.includes(targetName(target)) ?? true);
rmSync(DIST, { recursive: true, force: true });
rmSync(EXECUTABLES, { recursive: true, force: true });
mkdirSync(DIST, { recursive: true });
mkdirSync(EXECUTABLES, { recursive: true });
const packages = bundledPackages();
const content = await contentOfExecutables();
// The same text lies in each of Node's packages but one.
const nodeLicense = readFileSync(join(dirname(process.execPath), "../LICENSE"), "utf8");
const texts = [
  text("LICENSE", readFileSync(join(ROOT, "LICENSE"))),
  text("THIRD-PARTY-LICENSES", thirdPartyLicenses(packages, nodeLicense)),
];
const archives: { target: Target; archive: string }[] = [];
for (const target of targets) archives.push({ target, archive: await release(target, { content, texts }) });
const bill = `kubectl-backup_v${version}.cdx.json`;
writeFileSync(join(DIST, bill), sbom(version, packages));
const summed = [...archives.map(({ archive }) => archive), bill].sort();
writeFileSync(join(DIST, "SHA256SUMS"), summed.map((name) => `${sha256(name)}  ${name}\n`).join(""));
writeKrewIndex(archives);
