import { type ClientOptions, WebSocket } from "ws";

/** The door to the library: reached by import() alone, since only a restore with hooks needs it. */
export function startClient(url: string, protocols: readonly string[], options: ClientOptions): WebSocket {
  return new WebSocket(url, [...protocols], options);
}
