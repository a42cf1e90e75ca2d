import { mkdir, readFile, realpath, rename, unlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pathToFileURL } from "node:url";
import { Failure } from "#core/model/errors.ts";
import type { LocationUrl } from "#core/model/location.ts";
import type { LocationsFile } from "#core/model/locations-file.ts";
import { nearest } from "#core/model/nearest.ts";
import { isErrno } from "./directory/file-errors.ts";
import { looksLikePath, parseLocation } from "./parse-location.ts";
import { configFolder, dataFolder, type Surroundings } from "./platform-folders.ts";

export interface NamedLocation {
  /** Absent: given as a URL, or the built-in default. */
  readonly name?: string | undefined;
  readonly location: LocationUrl;
}

export function locationsFile(at: Surroundings): string {
  return join(configFolder(at), "config.yaml");
}

/** What `--location` means: a URL, a configured name, or with neither the configured default, else the data folder. */
export async function resolveLocation(text: string | undefined, at: Surroundings): Promise<NamedLocation> {
  // No name holds a colon.
  if (text !== undefined && (text.includes(":") || looksLikePath(text)))
    return { location: parseLocation(text) };
  const config = await readLocations(at);
  const name = text ?? config.default;
  if (name === undefined) return { location: parseLocation(String(pathToFileURL(dataFolder(at)))) };
  const url = config.locations[name];
  if (url !== undefined) return { name, location: parseLocation(url) };
  const near = nearest(name, Object.keys(config.locations));
  const hint = near === undefined ? undefined : `did you mean ${near}?`;
  throw new Failure("location-unknown", `no location is named "${name}" in ${locationsFile(at)}`, { hint });
}

/** An absent file is an empty one. */
export async function readLocations(at: Surroundings): Promise<LocationsFile> {
  const file = locationsFile(at);
  const text = await readText(file);
  return text === "" ? { locations: {} } : (await parse(text, file)).config;
}

/** All that a configuration file names, the default first. Failure usage when the file cannot be understood. */
export async function locationsIn(file: string): Promise<readonly LocationUrl[]> {
  const { config } = await parse(await readText(file), file);
  const names = Object.keys(config.locations).sort(
    (a, b) => Number(b === config.default) - Number(a === config.default),
  );
  return names.map((name) => parseLocation(config.locations[name] ?? ""));
}

/**
 * All of them or none; a name that means the same URL already is left as it is. Whoever adds the first locations means
 * `default`, or the first of them, as the default. Gives the names that are new.
 */
export async function addLocations(
  at: Surroundings,
  { locations, default: wanted }: Pick<LocationsFile, "default" | "locations">,
): Promise<readonly string[]> {
  let added: readonly string[] = [];
  await change(at, (document, config) => {
    added = newNames(locations, config.locations);
    for (const name of added) document.setIn(["locations", name], locations[name]);
    if (config.default === undefined && Object.keys(config.locations).length === 0)
      document.set("default", wanted ?? added[0]);
  });
  return added;
}

function newNames(wanted: LocationsFile["locations"], known: LocationsFile["locations"]): readonly string[] {
  return Object.entries(wanted).flatMap(([name, url]) => {
    parseLocation(url);
    if (!(name in known)) return [name];
    if (known[name] === url) return [];
    throw new Failure("name-taken", `a location named "${name}" exists: ${known[name]}`, {
      hint: `choose another name, or free this one: kubectl backup location remove ${name} (its backups stay)`,
    });
  });
}

export async function removeLocation(at: Surroundings, name: string): Promise<void> {
  await change(at, (document, config) => {
    assertKnown(config, name);
    document.deleteIn(["locations", name]);
    if (config.default === name) document.delete("default");
  });
}

export async function setDefaultLocation(at: Surroundings, name: string): Promise<void> {
  await change(at, (document, config) => {
    assertKnown(config, name);
    document.set("default", name);
  });
}

function assertKnown(config: LocationsFile, name: string): void {
  if (!(name in config.locations)) throw new Failure("location-unknown", `no location is named "${name}"`);
}

type YamlDocument = ReturnType<typeof import("./yaml-document.ts").parseYaml>;

/** The document is changed in place, so the user's comments and order stay. */
async function change(
  at: Surroundings,
  edit: (document: YamlDocument, config: LocationsFile) => void,
): Promise<void> {
  const file = locationsFile(at);
  const { document, config } = await parse(await readText(file), file);
  edit(document, config);
  await validated(document, file);
  await writeWhole(file, document.toString());
}

async function readText(file: string): Promise<string> {
  return readFile(file, "utf8").catch((error: unknown) => {
    if (isErrno(error, "ENOENT")) return "";
    throw new Failure("usage", `${file} cannot be read`, { cause: error, hint: "check its rights" });
  });
}

async function parse(
  text: string,
  file: string,
): Promise<{ readonly document: YamlDocument; readonly config: LocationsFile }> {
  const { parseYaml } = await import("./yaml-document.ts");
  const document = parseYaml(text);
  const [error] = document.errors;
  if (error !== undefined) throw new Failure("usage", `${file}: ${error.message}`, { hint: "mend the file" });
  return { document, config: await validated(document, file) };
}

async function validated(document: YamlDocument, file: string): Promise<LocationsFile> {
  const { LocationsFile } = await import("#core/model/locations-file.ts");
  const result = LocationsFile.safeParse(document.toJS() ?? {});
  if (result.success) return result.data;
  const [issue] = result.error.issues;
  const where = issue?.path.join(".") ?? "";
  throw new Failure("usage", `${file}: ${where}: ${issue?.message ?? ""}`, { hint: "mend the file" });
}

/** Through a link (dotfiles are often links) to its target; a reader sees the old file or the new one, never half. */
async function writeWhole(file: string, text: string): Promise<void> {
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  const target = await realpath(file).catch(() => file);
  const temporary = `${target}.${crypto.randomUUID()}.tmp`;
  try {
    await writeFile(temporary, text, { flag: "wx", mode: 0o600, flush: true });
    await rename(temporary, target);
  } catch (error) {
    await unlink(temporary).catch(() => undefined);
    throw new Failure("usage", `${file} cannot be written`, { cause: error, hint: "check its rights" });
  }
}
