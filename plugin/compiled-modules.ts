import { Script } from "node:vm";

/** Where the files of the bundle lie. */
export interface BuiltFiles {
  read(name: string): Buffer | undefined;
  /** What a module is told as its file and folder. */
  readonly path: (name: string) => string;
  readonly folder: string;
}

/**
 * Loads the bundle's modules with the code that V8 made of them when the product was built (`<name>.cache`, or
 * `<name>.<command>.cache`, which is smaller: what all commands need takes longer to load than some take to run). Node's own
 * compile cache keeps only what is compiled before a module's first line runs, and functions would be parsed anew in
 * every run as they are called. V8 holds a cache against its own version, its flags and the source's length, and a
 * checksum; one that it refuses, or that is missing, costs only time. One build writes both files.
 */
export function compiledModules(files: BuiltFiles, command: string | undefined): (id: string) => unknown {
  const isWord = command !== undefined && /^[a-z_]+$/.test(command);
  const ownCode = (name: string) => (isWord ? files.read(`${name}.${command}.cache`) : undefined);
  const loaded = new Map<string, { exports: unknown }>();
  const load = (id: string): unknown => {
    if (!id.startsWith("./")) return process.getBuiltinModule(id);
    const name = id.slice("./".length);
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const source = files.read(name);
    if (source === undefined) throw new Error(`${files.path(name)} is missing`);
    const module = { exports: {} };
    loaded.set(name, module);
    // The build wraps each source in the function of a CommonJS module and writes ASCII: read as such it takes half the
    // memory and time.
    const script = new Script(source.toString("latin1"), {
      filename: files.path(name),
      cachedData: ownCode(name) ?? files.read(`${name}.cache`),
    });
    script.runInThisContext()(module.exports, load, module, files.path(name), files.folder);
    return module.exports;
  };
  return load;
}
