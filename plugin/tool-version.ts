import manifest from "../package.json" with { type: "json" };

/** The product's version, from package.json. */
export const TOOL_VERSION: string = manifest.version;

export function clientVersionText(): string {
  return `Client Version: ${TOOL_VERSION} (Node ${process.versions.node}, ${process.platform}/${process.arch})\n`;
}
