import { Failure } from "./errors.ts";

/** Go durations (`1h30m`, `500ms`) plus `d` and `w`; Velero's documents want Go's spelling back. */
const UNIT_SECONDS: Readonly<Record<string, number>> = {
  ms: 0.001,
  s: 1,
  m: 60,
  h: 3600,
  d: 86_400,
  w: 604_800,
};
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h|d|w)/g;

/** Seconds; Failure("usage") when it is not a duration. `what` names the flag or field in the message. */
export function parseDuration(text: string, what: string): number {
  const parts = [...text.matchAll(PART)];
  if (text === "" || parts.map(([whole]) => whole).join("") !== text) {
    throw new Failure("usage", `${what}: "${text}" is not a duration`, {
      hint: "write 30m, 24h, 7d, 1w or 1h30m",
    });
  }
  return parts.reduce((sum, [, count, unit]) => sum + Number(count) * (UNIT_SECONDS[unit ?? ""] ?? 0), 0);
}

/** Go's spelling: 720h0m0s. */
export function goDuration(seconds: number): string {
  const whole = Math.round(seconds);
  return `${Math.floor(whole / 3600)}h${Math.floor((whole % 3600) / 60)}m${whole % 60}s`;
}
