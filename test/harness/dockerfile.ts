// What the product's Dockerfile says of a container, so that tests run the guard and the plugin as the image does.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Image } from "./image.ts";

const FILE = join(import.meta.dirname, "../../Dockerfile");

/** Of its last stage. */
export function containerOfDockerfile(): Required<Pick<Image, "env" | "user" | "entrypoint">> {
  const stage =
    readFileSync(FILE, "utf8")
      .split(/^FROM /m)
      .at(-1) ?? "";
  const said = (word: string) =>
    [...stage.matchAll(new RegExp(`^${word} (.+)$`, "gm"))].map(([, text = ""]) => text);
  const variables = said("ENV").flatMap((line) => [...line.matchAll(/(\w+)=(?:"([^"]*)"|(\S+))/g)]);
  return {
    env: Object.fromEntries(variables.map(([, name = "", quoted, bare]) => [name, quoted ?? bare ?? ""])),
    user: said("USER")[0] ?? "",
    entrypoint: JSON.parse(said("ENTRYPOINT")[0] ?? "[]"),
  };
}
