import { systemClock } from "#core/catalog/clock.ts";
import { systemProcesses } from "#core/catalog/process-identity.ts";
import { DirectoryStore } from "#core/storage/directory/directory-store.ts";
import { makeCatalog, makeFacts, writeBackup } from "#test/unit/catalog/backup-fixtures.ts";
import { watchStore } from "#test/unit/catalog/watched-store.ts";

// A program of its own: writes a backup into the folder ROOT and kills itself at the store's call N (0: never) or when it
// would remove its claim ("remove"), so that nothing of it, neither code nor exit handler, has a chance to tidy up.
// Prints how many calls it made.
const [root = "", end = "0"] = process.argv.slice(2);

let calls = 0;
const store = watchStore(new DirectoryStore(`file://${root}`, `${root}/store`), ({ method }, happen) => {
  calls += 1;
  if (calls === Number(end) || method === end) process.kill(process.pid, "SIGKILL");
  return happen();
});
const folders = { cacheFolder: `${root}/cache`, tempFolder: `${root}/temp` };
const catalog = makeCatalog({ store, folders, processes: systemProcesses, clock: systemClock });
await writeBackup(catalog, makeFacts("web"));
process.stdout.write(String(calls));
