import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import {
  addLocations,
  locationsFile,
  readLocations,
  removeLocation,
  resolveLocation,
  setDefaultLocation,
} from "#core/storage/locations.ts";
import { cacheFolder, configFolder, dataFolder, type Surroundings } from "#core/storage/platform-folders.ts";

let home: string;
let at: Surroundings;

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "locations-"));
  at = { env: {}, platform: "linux", home };
});
afterEach(() => rm(home, { recursive: true }));

async function write(text: string): Promise<void> {
  await mkdir(configFolder(at), { recursive: true });
  await writeFile(locationsFile(at), text);
}

test("with nothing configured backups go to the data folder", async () => {
  const { name, location } = await resolveLocation(undefined, at);
  expect(name).toBeUndefined();
  expect(location).toMatchObject({ type: "file", path: `${home}/.local/share/kubectl-backup` });
});

test("each platform's own folders are used, XDG's variables where they are absolute", () => {
  expect(configFolder(at)).toBe(`${home}/.config/kubectl-backup`);
  expect(configFolder({ ...at, env: { XDG_CONFIG_HOME: "/etc/x" } })).toBe("/etc/x/kubectl-backup");
  expect(configFolder({ ...at, env: { XDG_CONFIG_HOME: "relative" } })).toBe(
    `${home}/.config/kubectl-backup`,
  );
  expect(dataFolder({ ...at, env: { XDG_DATA_HOME: "/d" } })).toBe("/d/kubectl-backup");
  expect(cacheFolder({ ...at, env: { XDG_CACHE_HOME: "/c" } })).toBe("/c/kubectl-backup");
  const mac = { ...at, platform: "darwin" as const };
  expect(configFolder(mac)).toBe(`${home}/Library/Application Support/kubectl-backup`);
  expect(cacheFolder(mac)).toBe(`${home}/Library/Caches/kubectl-backup`);
  const windows = { ...at, platform: "win32" as const, env: { APPDATA: "/roaming", LOCALAPPDATA: "/local" } };
  expect(configFolder(windows)).toBe("/roaming/kubectl-backup");
  expect(dataFolder(windows)).toBe("/local/kubectl-backup");
});

const add = (name: string, url: string) => addLocations(at, { locations: { [name]: url } });

test("a URL needs no file, and a broken file does not harm it", async () => {
  await write("locations: [");
  expect((await resolveLocation("s3://bucket/x", at)).location).toMatchObject({ bucket: "bucket" });
  await expect(resolveLocation("prod", at)).rejects.toMatchObject({ code: "usage" });
});

test("what has a colon is a mistyped URL, never a name", async () => {
  await add("s3", "file:///srv");
  await expect(resolveLocation("s3:backups", at)).rejects.toMatchObject({
    code: "usage",
    hint: "write s3://backups",
  });
});

test("the first location added is the default, others are found by name", async () => {
  await add("prod", "s3://bucket/prod?region=eu-west-1");
  await add("disk", "file:///srv/backups");
  expect(await resolveLocation(undefined, at)).toMatchObject({
    name: "prod",
    location: { bucket: "bucket" },
  });
  expect(await resolveLocation("disk", at)).toMatchObject({
    name: "disk",
    location: { path: "/srv/backups" },
  });
  await setDefaultLocation(at, "disk");
  expect((await resolveLocation(undefined, at)).name).toBe("disk");
  await removeLocation(at, "disk");
  expect(await readLocations(at)).toEqual({ locations: { prod: "s3://bucket/prod?region=eu-west-1" } });
});

test("an unknown name is told with the nearest one", async () => {
  await add("production", "file:///srv");
  const failure = { code: "location-unknown", hint: expect.stringContaining("production") };
  await expect(resolveLocation("prodction", at)).rejects.toMatchObject(failure);
  await expect(removeLocation(at, "other")).rejects.toMatchObject({ code: "location-unknown" });
  await expect(setDefaultLocation(at, "other")).rejects.toMatchObject({ code: "location-unknown" });
});

test("a name that is taken, no name at all, and a URL with credentials are refused and change nothing", async () => {
  await add("prod", "file:///srv");
  const before = await readFile(locationsFile(at), "utf8");
  await expect(add("prod", "file:///other")).rejects.toMatchObject({ code: "name-taken" });
  await expect(add("Prod/x", "file:///other")).rejects.toMatchObject({ code: "usage" });
  await expect(add("s3", "s3://key:secret@bucket")).rejects.toMatchObject({ code: "usage" });
  expect(await readFile(locationsFile(at), "utf8")).toBe(before);
});

test("several are added together or not at all, and one that has that URL already stays as it is", async () => {
  await add("main", "file:///srv");
  const both = { default: "lab", locations: { lab: "s3://lab", main: "s3://other" } };
  await expect(addLocations(at, both)).rejects.toMatchObject({ code: "name-taken" });
  expect((await readLocations(at)).locations).toEqual({ main: "file:///srv" });
  const same = { default: "lab", locations: { lab: "s3://lab", main: "file:///srv" } };
  expect(await addLocations(at, same)).toEqual(["lab"]);
  expect(await readLocations(at)).toMatchObject({ default: "main" });
});

test("of several that are the first ones the default is the one named so", async () => {
  await addLocations(at, { default: "b", locations: { a: "file:///a", b: "file:///b" } });
  expect(await readLocations(at)).toMatchObject({ default: "b" });
});

test("comments and fields of a newer version stay; the file is for its owner only and written whole", async () => {
  await write("# mine\nlocations:\n  a: file:///a # on the disk\nfuture: 1\n");
  await add("b", "file:///b");
  const text = await readFile(locationsFile(at), "utf8");
  expect(text).toBe("# mine\nlocations:\n  a: file:///a # on the disk\n  b: file:///b\nfuture: 1\n");
  expect((await stat(locationsFile(at))).mode & 0o777).toBe(0o600);
  expect(await readdir(configFolder(at))).toEqual(["config.yaml"]);
});

test("a file that is a link stays one", async () => {
  await write("");
  await rm(locationsFile(at));
  await writeFile(join(home, "dotfile"), "locations: {}\n");
  await symlink(join(home, "dotfile"), locationsFile(at));
  await add("a", "file:///a");
  expect(await readFile(join(home, "dotfile"), "utf8")).toContain("a: file:///a");
});

test("a broken file is told with its place", async () => {
  await write("locations:\n  a: [1\n");
  await expect(readLocations(at)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringMatching(/line \d/),
  });
  await write("locations:\n  a: 5\n");
  const where = { code: "usage", message: expect.stringContaining("locations.a") };
  await expect(readLocations(at)).rejects.toMatchObject(where);
});
