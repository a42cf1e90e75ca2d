import * as z from "zod";
import { made } from "./restore.ts";

const itemEntry = z.looseObject({
  type: z.literal("item"),
  group: z.string(),
  resource: z.string(),
  kind: z.string(),
  /** In the target. */
  namespace: z.string(),
  name: z.string(),
  outcome: z.looseObject({
    result: z.enum(["created", "recreated", "updated", "deleted", "unchanged", "skipped", "failed"]),
    reason: z.string().optional(),
    message: z.string().optional(),
    /** Of the object that was created. */
    uid: z.string().optional(),
    made: made.optional(),
    /** Of the content that an update left. */
    digest: z.string().optional(),
  }),
});

/** Of a command in a restored pod. Stored before it is run, and again when it has ended. */
const hookEntry = z.looseObject({
  type: z.literal("hook"),
  at: z.string(),
  /** The pod, or what made it; in the target. */
  group: z.string(),
  resource: z.string(),
  namespace: z.string(),
  name: z.string(),
  /** Another one may have its name since. */
  uid: z.string(),
  pod: z.string(),
  podUid: z.string(),
  container: z.string(),
  state: z.enum(["begun", "ran", "failed"]),
  message: z.string().optional(),
});
export type HookEntry = z.infer<typeof hookEntry>;

/** One line of a restore's journal. Times are the maker's clock's. */
export const journalEntry = z.discriminatedUnion("type", [
  z.looseObject({
    type: z.literal("run"),
    at: z.string(),
    resumed: z.boolean(),
    user: z.string().optional(),
    total: z.number().int(),
  }),
  /** One begins; the one before has ended. */
  z.looseObject({ type: z.literal("phase"), at: z.string(), phase: z.string() }),
  itemEntry,
  hookEntry,
  z.looseObject({ type: z.literal("broke-off"), at: z.string(), why: z.string() }),
  z.looseObject({ type: z.literal("ended"), at: z.string(), complete: z.boolean() }),
]);
export type JournalEntry = z.infer<typeof journalEntry>;

/** A stored part: read whole or not at all. Numbers rise over all runs of a restore. */
export interface JournalPart {
  readonly number: number;
  readonly entries: readonly JournalEntry[];
  /** Why it has no entries, where it could not be read. */
  readonly trouble?: string | undefined;
}
