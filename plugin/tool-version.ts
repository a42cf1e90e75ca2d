import manifest from "../package.json" with { type: "json" };

/** The product's version, from package.json. */
export const TOOL_VERSION: string = manifest.version;
