/** Reached by import() alone: no command but a restore with hooks needs it. */
export { WebSocket } from "ws";
