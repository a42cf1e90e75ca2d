import { Failure } from "#core/model/errors.ts";

/** `[registry/]path[:tag]@sha256:<64 hex>`: what runs is then what was chosen, whoever moves a tag. */
const BY_DIGEST = /^(?<name>[^\s@]+)@sha256:[0-9a-f]{64}$/;

/** The image as pods shall name it; `registry` takes the place of its own, where it is mirrored. */
export function imageReference(image: string, registry?: string): string {
  if (!BY_DIGEST.test(image)) {
    throw new Failure("usage", `--image: "${image}" names no digest`, {
      hint: `a tag may be moved by others: give NAME@sha256:… (docker buildx imagetools inspect ${image.replace(/@.*/, "")} shows it)`,
    });
  }
  if (registry === undefined) return image;
  if (!/^[a-z0-9.-]+(:\d+)?(\/[a-z0-9._/-]+)?$/.test(registry)) {
    throw new Failure("usage", `--registry: "${registry}" is no registry`, {
      hint: "give HOST[:PORT][/PATH], without a scheme",
    });
  }
  const [first = "", ...path] = image.split("/");
  // Docker's rule: the first part is a registry when it has a dot or a port, or is localhost.
  const hasRegistry = path.length > 0 && (/[.:]/.test(first) || first === "localhost");
  return `${registry.replace(/\/$/, "")}/${hasRegistry ? path.join("/") : image}`;
}
