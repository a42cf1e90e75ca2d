import { createLogUpdate } from "log-update";

/** Lazily loaded: only a terminal needs it. */
export function createPainter(stream: NodeJS.WritableStream): ReturnType<typeof createLogUpdate> {
  return createLogUpdate(stream, { showCursor: true });
}
