import { oneLine } from "#core/model/one-line.ts";
import type { Answer, Review } from "./review.ts";

/** What an Event says of a decision. */
export interface DecisionEvent {
  readonly type: "Normal" | "Warning";
  readonly reason: "DeletionRefused" | "FinalBackupSkipped" | "DeletionAllowed";
  readonly note: string;
}

/** Of the deletion of a protected namespace, asked for in earnest; undefined: nothing of anybody else's concern. */
export function eventOf(review: Review, answer: Answer): DecisionEvent | undefined {
  if (!review.isNamespace || review.operation !== "DELETE" || review.isDryRun) return undefined;
  const { username } = review.requester;
  if (!answer.allowed) {
    // The lines behind them are commands for whoever was refused.
    const why = answer.message.split("\n", 2).join("; ");
    return { type: "Warning", reason: "DeletionRefused", note: noteOf(`${username} was refused: ${why}`) };
  }
  const { backup, "skip-reason": skipReason } = answer.notes ?? {};
  if (skipReason !== undefined) {
    const note = noteOf(`${username} may delete it without a final backup: ${skipReason}`);
    return { type: "Warning", reason: "FinalBackupSkipped", note };
  }
  if (backup === undefined) return undefined;
  const note = noteOf(`${username} may delete it: backup ${backup} holds it`);
  return { type: "Normal", reason: "DeletionAllowed", note };
}

/** The API server takes 1024 bytes; an ellipsis has three. */
const LONGEST_NOTE_BYTES = 1021;

function noteOf(text: string): string {
  const plain = Buffer.from(oneLine(text));
  if (plain.length <= LONGEST_NOTE_BYTES) return plain.toString();
  // A character that was cut through ends as U+FFFD.
  return `${plain
    .subarray(0, LONGEST_NOTE_BYTES)
    .toString()
    .replace(/\uFFFD+$/, "")}…`;
}
