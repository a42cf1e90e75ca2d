import { collectGarbage } from "#core/flow/collect-garbage.ts";

/**
 * What a start alone needed stays in a heap that was never full: code that runs once, and room between what is still used.
 * One thorough collection gives back 6 MiB, and takes a tenth of a second; so it comes before the guard is ready.
 */
export function shedStart(): void {
  collectGarbage({ type: "major", execution: "sync", flavor: "last-resort" });
}
