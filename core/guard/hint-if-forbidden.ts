import { Failure, isFailure } from "#core/model/errors.ts";

/** What was refused keeps its message and says what helps here: the usual hint speaks of the rights for a backup. */
export async function hintIfForbidden<T>(hint: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isFailure(error, "cluster-forbidden")) throw error;
    throw new Failure("cluster-forbidden", error.message, { hint, cause: error, reply: error.reply });
  }
}
