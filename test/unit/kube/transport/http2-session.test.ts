import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { openLine } from "#core/kube/transport/http2-session.ts";
import { BrokenExchange } from "#core/kube/transport/wire.ts";

const origin = "https://127.0.0.1";

for (const [how, cause] of [
  ["is reset", new Error("read ECONNRESET")],
  ["is closed", undefined],
] as const) {
  test(`a connection that ${how} before it stands is a broken exchange that was never sent, not a defect`, async () => {
    const socket = new PassThrough();
    const opening = openLine(origin, socket, {});
    socket.destroy(cause);
    const error = await opening.then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(BrokenExchange);
    expect(error).toMatchObject({ sent: "never" });
  });
}
