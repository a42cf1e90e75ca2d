import type { OnProgress, ProgressEvent } from "#core/model/progress.ts";
import type { App } from "#plugin/app.ts";
import { type PhaseState, progressLine } from "./progress-line.ts";
import { escapeControl } from "./table.ts";
import { formatCount, formatSpan } from "./units.ts";

/**
 * Shows a run on stderr: on a terminal one line per phase that is repainted, elsewhere a plain line when a phase has
 * ended. Warnings always appear; notes only with -v.
 */
export interface ProgressView {
  readonly onProgress: OnProgress;
  /** Leaves the last state standing, so that what follows begins on a fresh line. */
  close(): void;
}

/** Often enough to look alive, seldom enough to cost nothing. */
const REPAINT_MS = 100;

export function openProgress(app: App): ProgressView {
  const onTerminal =
    app.stderr.isTTY === true && !app.quiet && app.env["TERM"] !== "dumb" && app.env["CI"] === undefined;
  return onTerminal ? terminalView(app) : plainView(app);
}

function plainView(app: App): ProgressView {
  const started = new Map<string, number>();
  return {
    onProgress: (event) => {
      if (event.type === "phase-started") started.set(event.phase, app.now().getTime());
      if (event.type === "phase-ended" && !app.quiet) {
        const span = app.now().getTime() - (started.get(event.phase) ?? app.now().getTime());
        const unit = event.phase === "hooks" ? "hook" : "object";
        app.stderr.write(`${event.phase}: ${formatCount(event.done, unit)} in ${formatSpan(span)}\n`);
      }
      showMessage(event, app, (line) => app.stderr.write(line));
    },
    close: () => undefined,
  };
}

function showMessage(event: ProgressEvent, app: App, write: (line: string) => void): void {
  if (event.type === "warned") write(`warning: ${escapeControl(event.message)}\n`);
  if (event.type === "noted" && app.verbosity > 0) write(`note: ${escapeControl(event.message)}\n`);
}

interface Painter {
  (text: string): void;
  done(): void;
  persist(...text: string[]): void;
}

/** The repainting library comes lazily: events before it has loaded only change the state. */
function terminalView(app: App): ProgressView {
  const phases = new Map<string, PhaseState>();
  let painter: Painter | undefined;
  let timer: NodeJS.Timeout | undefined;
  let closed = false;
  const pending: string[] = [];
  void import("./repaint.ts").then(({ createPainter }) => {
    if (closed) return;
    painter = createPainter(app.stderr);
    for (const line of pending.splice(0)) painter.persist(line);
  });
  const paint = (): void => {
    timer = undefined;
    // Nothing, painted, would be an empty line.
    if (phases.size === 0) return;
    const now = app.now().getTime();
    const columns = app.stderr.columns ?? 80;
    const color = app.env["NO_COLOR"] === undefined || app.env["NO_COLOR"] === "";
    painter?.([...phases.values()].map((phase) => progressLine(phase, { now, columns, color })).join("\n"));
  };
  const message = (line: string): void => {
    if (painter === undefined) pending.push(line.trimEnd());
    else painter.persist(line.trimEnd());
  };
  return {
    onProgress: (event) => {
      track(phases, event, app.now().getTime());
      showMessage(event, app, message);
      timer ??= setTimeout(paint, REPAINT_MS);
      timer.unref();
    },
    close: () => {
      if (closed) return;
      closed = true;
      clearTimeout(timer);
      paint();
      clearTimeout(timer);
      painter?.done();
      for (const line of pending.splice(0)) app.stderr.write(`${line}\n`);
    },
  };
}

function track(phases: Map<string, PhaseState>, event: ProgressEvent, now: number): void {
  if (event.type === "warned" || event.type === "noted") return;
  const known = phases.get(event.phase) ?? { phase: event.phase, startedAt: now, done: 0 };
  if (event.type === "phase-started") phases.set(event.phase, { ...known, total: event.total });
  else if (event.type === "phase-ended") {
    phases.set(event.phase, { ...known, done: event.done, bytes: event.bytes ?? known.bytes, endedAt: now });
  } else {
    phases.set(event.phase, {
      ...known,
      done: event.done,
      total: event.total ?? known.total,
      bytes: event.bytes ?? known.bytes,
      note: event.note,
    });
  }
}
