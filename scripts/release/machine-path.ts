import { delimiter } from "node:path";

/**
 * PATH without packages' programs. npm looks for the machine's configuration (a proxy's authority, say) beside the Node that
 * runs it, so that must be the machine's own.
 */
export function machinePath(path: string): string {
  const folders = path.split(delimiter);
  return folders.filter((folder) => !/[\\/]node_modules[\\/]\.bin[\\/]?$/.test(folder)).join(delimiter);
}
