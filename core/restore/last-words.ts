import { describeError } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import { makeReport, type ReportFacts } from "./report.ts";
import type { RestoreAsk } from "./run.ts";
import { storeReport } from "./store-report.ts";

export interface LastWords {
  readonly facts: Omit<ReportFacts, "waited" | "brokeOff">;
  readonly ask: RestoreAsk;
  readonly cause: unknown;
  /** Whoever waits for a restore that has broken off does not wait longer. */
  readonly withinMs: number;
}

/** Stores the report of a restore that breaks off, and never hides why it does. */
export async function storeLastWords(
  { facts, ask, cause, withinMs }: LastWords,
  context: RunContext,
): Promise<void> {
  const draft = makeReport({ ...facts, waited: { unready: [] }, brokeOff: describeError(cause) });
  // The run's own signal may have fired already.
  const bounded = { ...context, signal: AbortSignal.timeout(withinMs) };
  try {
    const { storedAt } = await storeReport(draft, { ask, run: facts.run }, bounded);
    context.onProgress({ type: "warned", message: `what was done until then is in ${storedAt}` });
  } catch (error) {
    context.onProgress({
      type: "warned",
      message: `no report could be stored of what was done until then: ${describeError(error)}`,
    });
  }
}
