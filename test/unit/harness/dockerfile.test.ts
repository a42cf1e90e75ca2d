import { expect, test } from "vitest";
import { NODE_FLAGS } from "#scripts/release/node-flags.ts";
import { containerOfDockerfile } from "#test/harness/dockerfile.ts";

test("the image starts Node as the launcher of the build does, as nobody who has rights", () => {
  expect(containerOfDockerfile()).toEqual({
    env: { PATH: "/app", LD_LIBRARY_PATH: "/app/native", NODE_OPTIONS: NODE_FLAGS.join(" ") },
    user: "65532:65532",
    entrypoint: ["/app/node", "/app/webhook/main.cjs"],
  });
});
