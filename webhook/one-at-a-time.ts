import type { Socket } from "node:net";
import type { NextFunction, Request, Response } from "express";

/**
 * Cuts off a connection that asks again before it is answered, which no API server does: what is held in memory for
 * reviews is bounded by the number of connections then.
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
