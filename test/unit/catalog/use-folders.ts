import { afterAll, beforeAll } from "vitest";
import { makeFolders } from "./backup-fixtures.ts";

type Folders = Awaited<ReturnType<typeof makeFolders>>;

/** Folders of their own for the tests of one file; there when its first test begins, gone after its last. */
export function useFolders(): Pick<Folders, "cacheFolder" | "tempFolder" | "leftInTemp"> {
  let folders: Folders | undefined;
  const made = (): Folders => {
    if (folders === undefined)
      throw new Error("the folders are made before the first test, not while it is collected");
    return folders;
  };
  beforeAll(async () => {
    folders = await makeFolders();
  });
  afterAll(() => folders?.remove());
  return {
    get cacheFolder() {
      return made().cacheFolder;
    },
    get tempFolder() {
      return made().tempFolder;
    },
    leftInTemp: () => made().leftInTemp(),
  };
}
