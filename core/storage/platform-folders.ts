import { isAbsolute, join } from "node:path";

/** The process's surroundings, handed in so that nothing here reads them by itself. */
export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly platform: NodeJS.Platform;
  readonly home: string;
}

const NAME = "kubectl-backup";

/** Holds config.yaml. */
export function configFolder(at: Surroundings): string {
  if (at.platform === "win32") return join(at.env["APPDATA"] ?? join(at.home, "AppData", "Roaming"), NAME);
  return join(xdg(at, "XDG_CONFIG_HOME") ?? unixDefault(at, ".config"), NAME);
}

/** Where backups go when nothing is configured. */
export function dataFolder(at: Surroundings): string {
  if (at.platform === "win32") return join(at.env["LOCALAPPDATA"] ?? join(at.home, "AppData", "Local"), NAME);
  return join(xdg(at, "XDG_DATA_HOME") ?? unixDefault(at, join(".local", "share")), NAME);
}

/** What can be made again. */
export function cacheFolder(at: Surroundings): string {
  if (at.platform === "win32")
    return join(at.env["LOCALAPPDATA"] ?? join(at.home, "AppData", "Local"), NAME, "cache");
  if (at.platform === "darwin")
    return join(xdg(at, "XDG_CACHE_HOME") ?? join(at.home, "Library", "Caches"), NAME);
  return join(xdg(at, "XDG_CACHE_HOME") ?? join(at.home, ".cache"), NAME);
}

/** What a run leaves for later ones on this machine. */
export function stateFolder(at: Surroundings): string {
  if (at.platform === "win32" || at.platform === "darwin") return join(dataFolder(at), "state");
  return join(xdg(at, "XDG_STATE_HOME") ?? join(at.home, ".local", "state"), NAME);
}

/** The XDG specification has relative paths ignored. */
function xdg(at: Surroundings, variable: string): string | undefined {
  const value = at.env[variable];
  return value !== undefined && isAbsolute(value) ? value : undefined;
}

function unixDefault(at: Surroundings, folder: string): string {
  return at.platform === "darwin" ? join(at.home, "Library", "Application Support") : join(at.home, folder);
}
