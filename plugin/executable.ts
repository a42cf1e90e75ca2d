import { Module } from "node:module";
import { getAssetKeys, getRawAsset } from "node:sea";
import { Script } from "node:vm";

/**
 * The main script of a single executable: its modules are the files of the bundle, carried as assets beside the code that
 * V8 made of them. Only what a command needs is compiled or read: one file of all of them would be held in memory whole,
 * and the code cache of Node's own packaging knows only the functions that ran before the first line.
 */
const loaded = new Map<string, { exports: unknown }>();
const assets = new Set(getAssetKeys());

function load(id: string): unknown {
  if (!id.startsWith("./")) return process.getBuiltinModule(id);
  const known = loaded.get(id);
  if (known !== undefined) return known.exports;
  const name = id.slice("./".length);
  const module = { exports: {} };
  loaded.set(id, module);
  // The bundle is ASCII: read as such it takes half the memory and time.
  const source = Buffer.from(getRawAsset(name)).toString("latin1");
  const cachedData = assets.has(`${name}.cache`) ? Buffer.from(getRawAsset(`${name}.cache`)) : undefined;
  const script = new Script(Module.wrap(source), { filename: name, cachedData });
  script.runInThisContext()(module.exports, load, module, process.execPath, "");
  return module.exports;
}

load("./main.cjs");
