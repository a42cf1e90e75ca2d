import type { OnProgress } from "./progress.ts";

/** The one object every verb takes last: how to stop it, what time it is, whom to tell. */
export interface RunContext {
  readonly signal: AbortSignal;
  /** This machine's clock. Freshness and claims never trust it: they use server clocks. */
  readonly now: () => Date;
  readonly onProgress: OnProgress;
}
