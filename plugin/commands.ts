import type { AnyCommand } from "./command.ts";
import { completionCommand } from "./commands/completion.ts";
import { deleteCommand } from "./commands/delete.ts";
import { describeCommand } from "./commands/describe.ts";
import { getCommand } from "./commands/get.ts";
import { logsCommand } from "./commands/logs.ts";
import { versionCommand } from "./commands/version.ts";

/** The command tree. Definitions are light; each handler loads what it needs when it runs. */
export const commands: readonly AnyCommand[] = [
  getCommand,
  describeCommand,
  logsCommand,
  deleteCommand,
  versionCommand,
  completionCommand,
];
