import type { Catalog } from "#core/catalog/catalog.ts";
import { openStateCatalog } from "#core/catalog/open-state-catalog.ts";
import { isFailure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { openUndo, type Undo } from "./open-undo.ts";

export interface UndoPlaces {
  readonly catalog: Catalog;
  readonly stateDirectory: string;
}

/** From the location, or from the local state folder where the location took nothing. */
export async function findUndo(
  restore: string,
  { catalog, stateDirectory }: UndoPlaces,
  context: RunContext,
): Promise<Undo> {
  try {
    return await openUndo(restore, catalog, context);
  } catch (error) {
    if (!isFailure(error, "restore-not-found")) throw error;
    return openLocally(restore, { stateDirectory, notFound: error }, context);
  }
}

async function openLocally(
  restore: string,
  { stateDirectory, notFound }: { readonly stateDirectory: string; readonly notFound: unknown },
  context: RunContext,
): Promise<Undo> {
  try {
    return await openUndo(restore, await openStateCatalog(stateDirectory), context);
  } catch (error) {
    throw isFailure(error, "restore-not-found") ? notFound : error;
  }
}
