import { expect, it } from "vitest";
import { machinePath } from "#scripts/release/machine-path.ts";

it("leaves out packages' programs, the pinned Node among them, wherever they stand", () => {
  expect(machinePath("/src/node_modules/.bin:/usr/bin:/src/a/node_modules/.bin/:/bin")).toBe("/usr/bin:/bin");
  expect(machinePath("/usr/bin:/srv/node_modules/.bin-old:/srv/node_modules")).toBe(
    "/usr/bin:/srv/node_modules/.bin-old:/srv/node_modules",
  );
});
