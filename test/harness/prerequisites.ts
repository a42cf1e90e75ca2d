import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const INSTALL = {
  go: "sudo apt-get install golang-go (1.21 or newer fetches the exact toolchain itself), or see https://go.dev/dl",
  openssl: "sudo apt-get install openssl",
  sh: "sudo apt-get install dash",
  tar: "sudo apt-get install tar",
} as const;

/** Throws an error that names the missing command and what installs it. */
export function requireCommand(command: keyof typeof INSTALL): void {
  if (!hasCommand(command)) throw new Error(`${command} is missing; install it with: ${INSTALL[command]}`);
}

/** Is the command on PATH and executable? */
export function hasCommand(command: string): boolean {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.some((folder) => isExecutable(join(folder, command)));
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
