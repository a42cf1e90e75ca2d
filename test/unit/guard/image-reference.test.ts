import { expect, test } from "vitest";
import { imageReference } from "#core/guard/image-reference.ts";

const DIGEST = `@sha256:${"0f".repeat(32)}`;

test.each([
  "guard",
  "guard:latest",
  "guard:1.0",
  "registry.example/guard:1.0",
  `guard${DIGEST}0`,
  "guard@sha256:abc",
  "",
])("the image %j is refused, for it may be another one tomorrow", (image) => {
  expect(() => imageReference(image)).toThrow(/names no digest/);
});

test.each([
  [`registry.example/team/guard${DIGEST}`, undefined, `registry.example/team/guard${DIGEST}`],
  [`registry.example/team/guard:1.0${DIGEST}`, "mirror.example", `mirror.example/team/guard:1.0${DIGEST}`],
  [
    `registry.example:5000/guard${DIGEST}`,
    "mirror.example:5001/cache",
    `mirror.example:5001/cache/guard${DIGEST}`,
  ],
  [`localhost/guard${DIGEST}`, "mirror.example", `mirror.example/guard${DIGEST}`],
  [`team/guard${DIGEST}`, "mirror.example", `mirror.example/team/guard${DIGEST}`],
  [`guard${DIGEST}`, "mirror.example", `mirror.example/guard${DIGEST}`],
])("%s from the mirror %s is %s", (image, registry, expected) => {
  expect(imageReference(image, registry)).toBe(expected);
});

test("a mirror with a scheme is refused", () => {
  expect(() => imageReference(`guard${DIGEST}`, "https://mirror.example")).toThrow(/no registry/);
});

test("an image whose digest is broken is answered with a command that works: without the digest", () => {
  expect(() => imageReference("registry.example/guard@sha256:…")).toThrow(
    expect.objectContaining({
      hint: expect.stringContaining("imagetools inspect registry.example/guard shows"),
    }),
  );
});
