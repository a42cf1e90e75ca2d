import { accessSync, constants } from "node:fs";
import { delimiter, join } from "node:path";

const INSTALL = {
  bash: "sudo apt-get install bash",
  busybox: "sudo apt-get install busybox-static",
  containerd: "sudo apt-get install containerd",
  fish: "sudo apt-get install fish",
  git: "sudo apt-get install git",
  go: "sudo apt-get install golang-go (1.21 or newer fetches the exact toolchain itself), or see https://go.dev/dl",
  ip: "sudo apt-get install iproute2",
  iptables: "sudo apt-get install iptables",
  nsenter: "sudo apt-get install util-linux",
  openssl: "sudo apt-get install openssl",
  runc: "sudo apt-get install runc",
  script: "sudo apt-get install bsdutils",
  sh: "sudo apt-get install dash",
  tar: "sudo apt-get install tar",
  zsh: "sudo apt-get install zsh",
} as const;

export const CNI_PLUGINS = "/usr/lib/cni";

/** The command's path; throws an error that names the missing command and what installs it. */
export function requireCommand(command: keyof typeof INSTALL): string {
  const path = pathOf(command);
  if (path === undefined) throw new Error(`${command} is missing; install it with: ${INSTALL[command]}`);
  return path;
}

/** Throws an error that says what installs it if this plugin for the network of pods is not where Debian puts it. */
export function requireCniPlugin(plugin: string): void {
  if (isExecutable(join(CNI_PLUGINS, plugin))) return;
  throw new Error(
    `${join(CNI_PLUGINS, plugin)} is missing; install it with: sudo apt-get install containernetworking-plugins`,
  );
}

/** Is the command on PATH and executable? */
export function hasCommand(command: string): boolean {
  return pathOf(command) !== undefined;
}

function pathOf(command: string): string | undefined {
  const folders = (process.env["PATH"] ?? "").split(delimiter);
  return folders.map((folder) => join(folder, command)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
