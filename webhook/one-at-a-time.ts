import type { Socket } from "node:net";
import type { NextFunction, Request, Response } from "express";

/**
 * Cuts off a connection that asks again before it is answered, which no API server does: no connection has more than one
 * review under way then. Of one that was left or cut off the answer is sought on to its end, which comes within its time.
 */
export function createOneAtATime() {
  const last = new WeakMap<Socket, Response>();
  return ({ socket }: Request, reply: Response, next: NextFunction): void => {
    if (last.get(socket)?.writableEnded === false) {
      socket.destroy();
      return;
    }
    last.set(socket, reply);
    next();
  };
}
