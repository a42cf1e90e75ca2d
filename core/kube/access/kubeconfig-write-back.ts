import { open, readFile, realpath, rename, rm, stat } from "node:fs/promises";
import { isMap, isSeq, parseDocument } from "yaml";
import type { AuthProviderEntry } from "./kubeconfig.ts";

/**
 * Puts refreshed tokens where they came from; everything else of the file stays, comments and order too. kubectl's lock (FILE.lock, made
 * exclusively) keeps both from writing at once; the file is replaced whole, with its mode.
 */
export async function writeProviderTokens(
  origin: AuthProviderEntry["origin"],
  tokens: Readonly<Record<string, string | undefined>>,
): Promise<void> {
  const lock = `${origin.file}.lock`;
  await (await open(lock, "wx", 0o600)).close();
  try {
    const file = await realpath(origin.file);
    await replaceFile(file, withTokens(await readFile(file, "utf8"), origin.user, tokens));
  } finally {
    await rm(lock, { force: true });
  }
}

function withTokens(
  text: string,
  user: string,
  tokens: Readonly<Record<string, string | undefined>>,
): string {
  const document = parseDocument(text, { merge: true });
  const users: unknown = document.get("users");
  const index = isSeq(users)
    ? users.items.findIndex((entry) => isMap(entry) && entry.get("name") === user)
    : -1;
  if (index < 0) throw new Error("the user is no longer in the file");
  for (const [name, token] of Object.entries(tokens)) {
    if (token) document.setIn(["users", index, "user", "auth-provider", "config", name], token);
  }
  return document.toString({ lineWidth: 0 });
}

async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.${process.pid}.tmp`;
  const handle = await open(fresh, "wx", (await stat(file)).mode & 0o777);
  try {
    await handle.writeFile(text);
    await handle.close();
    await rename(fresh, file);
  } catch (error) {
    await handle.close();
    await rm(fresh, { force: true });
    throw error;
  }
}
