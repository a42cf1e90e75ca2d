import { styleText } from "node:util";
import { escapeControl } from "./table.ts";
import { formatBytes, formatSpan, groupDigits } from "./units.ts";

/** One phase as one line: `Reading  [=====>    ]  1,234/5,000  321/s  12s left`. Pure. */
export interface PhaseState {
  readonly phase: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  readonly endedAt?: number | undefined;
  readonly done: number;
  readonly total?: number | undefined;
  readonly bytes?: number | undefined;
  readonly note?: string | undefined;
}

export interface LineStyle {
  readonly now: number;
  readonly columns: number;
  readonly color: boolean;
}

const BAR_CELLS = 24;
const NAME_CELLS = 12;

export function progressLine(state: PhaseState, style: LineStyle): string {
  const parts = [bar(state, style), counts(state), ...speed(state, style)].filter((part) => part !== "");
  const plain = `${state.phase.padEnd(NAME_CELLS)} ${parts.join("  ")}`;
  const note =
    state.note === undefined || state.endedAt !== undefined ? "" : `  ${escapeControl(state.note)}`;
  const line = (plain + note).slice(0, Math.max(20, style.columns - 1));
  return style.color && state.endedAt !== undefined
    ? styleText("green", line, { validateStream: false })
    : line;
}

function bar(state: PhaseState, style: LineStyle): string {
  if (state.total === undefined || state.total === 0 || style.columns < 70) return "";
  const filled = Math.min(BAR_CELLS, Math.floor((state.done / state.total) * BAR_CELLS));
  const tip = filled < BAR_CELLS ? ">" : "";
  return `[${"=".repeat(filled)}${tip}${" ".repeat(BAR_CELLS - filled - tip.length)}]`;
}

function counts(state: PhaseState): string {
  const done = groupDigits(state.done);
  const count = state.total === undefined ? done : `${done}/${groupDigits(state.total)}`;
  return state.bytes === undefined ? count : `${count}  ${formatBytes(state.bytes)}`;
}

function speed(state: PhaseState, style: LineStyle): readonly string[] {
  const elapsed = Math.max(1, (state.endedAt ?? style.now) - state.startedAt);
  const perSecond = (state.done * 1000) / elapsed;
  const rate = `${groupDigits(Math.round(perSecond))}/s`;
  if (state.endedAt !== undefined) return [rate, formatSpan(elapsed)];
  // The first second says nothing about the rest.
  if (elapsed < 1000 || state.total === undefined || perSecond <= 0) return [rate];
  const left = ((state.total - state.done) / perSecond) * 1000;
  return [rate, `${formatSpan(Math.max(0, left))} left`];
}
