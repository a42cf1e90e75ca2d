import { type Extract, extract } from "tar-stream";

/** Loaded when a foreign archive is opened, and only then. */
export function newTarExtract(): Extract {
  return extract();
}
