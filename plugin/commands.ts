import type { AnyCommand } from "./command.ts";
import { checkCommand } from "./commands/check.ts";
import { completionCommand } from "./commands/completion.ts";
import { createCommand } from "./commands/create.ts";
import { deleteCommand } from "./commands/delete.ts";
import { describeCommand } from "./commands/describe.ts";
import { diffCommand } from "./commands/diff.ts";
import { getCommand } from "./commands/get.ts";
import { guardStatusCommand } from "./commands/guard-status.ts";
import { installCommand } from "./commands/install.ts";
import { locationAddCommand } from "./commands/location-add.ts";
import { locationCheckCommand } from "./commands/location-check.ts";
import { locationDefaultCommand } from "./commands/location-default.ts";
import { locationListCommand } from "./commands/location-list.ts";
import { locationRemoveCommand } from "./commands/location-remove.ts";
import { logsCommand } from "./commands/logs.ts";
import { protectCommand } from "./commands/protect.ts";
import { rbacBackupCommand } from "./commands/rbac-backup.ts";
import { rbacRestoreCommand } from "./commands/rbac-restore.ts";
import { restoreCommand } from "./commands/restore.ts";
import { restoreCreateCommand } from "./commands/restore-create.ts";
import { restoresCommand } from "./commands/restores.ts";
import { uninstallCommand } from "./commands/uninstall.ts";
import { unprotectCommand } from "./commands/unprotect.ts";
import { versionCommand } from "./commands/version.ts";
import { watchCommand } from "./commands/watch.ts";

/** The command tree. Definitions are light; each handler loads what it needs when it runs. */
export const commands: readonly AnyCommand[] = [
  createCommand,
  restoreCommand,
  restoreCreateCommand,
  restoresCommand,
  watchCommand,
  getCommand,
  diffCommand,
  describeCommand,
  logsCommand,
  deleteCommand,
  checkCommand,
  locationAddCommand,
  locationListCommand,
  locationCheckCommand,
  locationDefaultCommand,
  locationRemoveCommand,
  protectCommand,
  unprotectCommand,
  installCommand,
  uninstallCommand,
  guardStatusCommand,
  rbacBackupCommand,
  rbacRestoreCommand,
  versionCommand,
  completionCommand,
];
