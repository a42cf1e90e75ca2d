import type { ItemKind } from "#core/model/item.ts";
import type { RestoreRequest } from "#core/model/restore.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { imageRuleFor, mapImages, namesImages } from "./images.ts";
import { mapStorageClasses } from "./storage-classes.ts";

type Kind = Pick<ItemKind, "group" | "resource">;

/** Watches which of the request's mappings meet something, so that a misspelt one is told before anything is written. */
export interface MappingUse {
  /** Whether objects of this kind must be read for it. */
  looksAt(kind: Kind): boolean;
  note(kind: Kind, object: ExactObject): void;
  /** Those that have met nothing so far, as sentences. */
  idle(): readonly string[];
}

export function openMappingUse({
  storageClassMapping,
  imageMapping,
}: Pick<RestoreRequest, "storageClassMapping" | "imageMapping">): MappingUse {
  const classes = new Set(Object.keys(storageClassMapping));
  const places = new Set(Object.keys(imageMapping));
  const noteClass = (name: string): string => {
    classes.delete(name);
    return name;
  };
  const noteImage = (image: string): string => {
    places.delete(imageRuleFor(image, imageMapping) ?? "");
    return image;
  };
  return {
    looksAt: (kind) => places.size > 0 && namesImages(kind),
    note(kind, object) {
      if (classes.size > 0) mapStorageClasses(kind, object, noteClass);
      if (places.size > 0) mapImages(kind, object, noteImage);
    },
    idle: () => [
      ...idleSentence("--storage-class-mapping: nothing that is to be restored is of the class", classes),
      ...idleSentence("--image-mapping: nothing that is to be restored runs images of", places),
    ],
  };
}

function idleSentence(sentence: string, names: ReadonlySet<string>): readonly string[] {
  return names.size === 0 ? [] : [`${sentence} ${[...names].join(", ")}`];
}
