import * as z from "zod";

/**
 * What a run's claim on a backup's name tells: who holds it, for others on the same machine to see whether that process
 * still lives. Never a time: a claim's age is the store's clock's business.
 */
export const claimBody = z.object({
  runId: z.string(),
  /** sha256 over machine id, boot id and pid namespace; absent where one of them is unknown. */
  machine: z.string().optional(),
  pid: z.number().int().positive(),
  /** When the process started, in the machine's own unit: compared, never read as a time. */
  processStart: z.string().optional(),
});
export type ClaimBody = z.infer<typeof claimBody>;

export const MAX_CLAIM_BYTES = 64 * 1024;

export function encodeClaim(claim: ClaimBody): Uint8Array {
  return Buffer.from(`${JSON.stringify(claim, null, 2)}\n`);
}

/** undefined when it says nothing intelligible: then its age alone decides. */
export function decodeClaim(bytes: Uint8Array): ClaimBody | undefined {
  try {
    return claimBody.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
  } catch {
    return undefined;
  }
}
