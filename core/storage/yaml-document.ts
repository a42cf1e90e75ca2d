import { type Document, parseDocument } from "yaml";

/** Loaded on demand by locations.ts: most runs name a URL or use the default and never read YAML. */
export function parseYaml(text: string): Document {
  return parseDocument(text, { prettyErrors: true });
}
