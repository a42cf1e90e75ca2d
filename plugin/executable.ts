import { getAssetKeys, getRawAsset } from "node:sea";
import { type BuiltFiles, compiledModules } from "./compiled-modules.ts";

/**
 * The main script of a single executable: its modules are the files of the bundle, carried as assets beside the code that
 * V8 made of them. Only what a command needs is compiled or read: one file of all of them would be held in memory whole,
 * and the code cache of Node's own packaging knows only the functions that ran before the first line.
 */
const assets = new Set(getAssetKeys());

const files: BuiltFiles = {
  read: (name) => (assets.has(name) ? Buffer.from(getRawAsset(name)) : undefined),
  path: () => process.execPath,
  folder: "",
};
compiledModules(files, process.argv[2])("./main.cjs");
