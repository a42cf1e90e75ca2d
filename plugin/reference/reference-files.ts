import type { CommandDefinition } from "#plugin/command.ts";
import { manPage, overviewManPage } from "./man-page.ts";
import { markdownIndex, markdownPage } from "./markdown-page.ts";
import { pageName } from "./page-name.ts";

/**
 * plugin/reference: the pages under docs/ that tell all that the commands' definitions say. Pure but for write.ts, which
 * `make docs` runs; a unit test holds docs/ to it.
 */

/** The folders that hold nothing else. */
export const REFERENCE_FOLDERS = ["docs/reference", "docs/man/man1"];

/** The files' paths and texts. Another tool's words for commands have no page. */
export function referenceFiles(commands: readonly CommandDefinition[]): ReadonlyMap<string, string> {
  const shown = commands.filter(({ hidden }) => hidden !== true);
  return new Map([
    ["docs/reference/README.md", markdownIndex(shown)],
    ...shown.map((command) => [`docs/reference/${pageName(command)}.md`, markdownPage(command)] as const),
    ["docs/man/man1/kubectl-backup.1", overviewManPage(shown)],
    ...shown.map(
      (command) => [`docs/man/man1/kubectl-backup-${pageName(command)}.1`, manPage(command)] as const,
    ),
  ]);
}
