import { groupResource, type ItemKind } from "#core/model/item.ts";
import { changeTexts } from "#core/objects/change-path.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { podSpecPath } from "#core/restore/pod-specs.ts";

type Mapping = Readonly<Record<string, string>>;

const IN_POD_SPEC: readonly (readonly string[])[] = [
  ["containers", "*", "image"],
  ["initContainers", "*", "image"],
  ["ephemeralContainers", "*", "image"],
  ["volumes", "*", "image", "reference"],
];

/** A PodTemplate makes no pods by itself. */
function specPath(kind: Pick<ItemKind, "group" | "resource">): readonly string[] | undefined {
  return groupResource(kind) === "podtemplates" ? ["template", "spec"] : podSpecPath(kind);
}

export function namesImages(kind: Pick<ItemKind, "group" | "resource">): boolean {
  return specPath(kind) !== undefined;
}

/** Images from other places, in pods and in everything that makes pods. */
export function mapImages(
  kind: Pick<ItemKind, "group" | "resource">,
  object: ExactObject,
  change: (image: string) => string,
): ExactObject {
  const path = specPath(kind);
  if (path === undefined) return object;
  return changeTexts(
    object,
    IN_POD_SPEC.map((inner) => [...path, ...inner]),
    change,
  );
}

/** The mapping's entry that names the image, or the place it comes from: the longest one. */
export function imageRuleFor(image: string, mapping: Mapping): string | undefined {
  const names = [image, wholeName(image)];
  return Object.keys(mapping)
    .filter((place) => names.some((name) => liesIn(name, place)))
    .toSorted((left, right) => right.length - left.length)[0];
}

/** Tag and digest stay as they are. */
export function mapImage(image: string, mapping: Mapping): string {
  const place = imageRuleFor(image, mapping);
  if (place === undefined) return image;
  const name = liesIn(image, place) ? image : wholeName(image);
  return `${mapping[place] ?? place}${name.slice(place.length)}`;
}

/** Only at a path's border; behind a colon with a slash after it stands a port, not a tag. */
function liesIn(image: string, place: string): boolean {
  if (!image.startsWith(place)) return false;
  const rest = image.slice(place.length);
  return rest === "" || /^[/@]/.test(rest) || (rest.startsWith(":") && !rest.includes("/"));
}

/** `nginx` is short for `docker.io/library/nginx`: container runtimes read it so. */
function wholeName(image: string): string {
  const [first = "", ...rest] = image.split("/");
  if (rest.length === 0) return `docker.io/library/${image}`;
  const isHost = first === "localhost" || /[.:]/.test(first);
  return isHost ? image : `docker.io/${image}`;
}
