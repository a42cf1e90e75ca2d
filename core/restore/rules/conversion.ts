import { textAt, valueAt, withEach, withoutValue, withValue } from "#core/objects/edit-object.ts";
import type { ExactObject } from "#core/objects/exact-json.ts";
import type { LaterStep } from "#core/restore/rule.ts";
import { isCertificateInjected } from "./injected-certificates.ts";

const CONVERSION = ["spec", "conversion"];
const VERSIONS = ["spec", "versions"];

export interface Converted {
  readonly object: ExactObject;
  readonly later: readonly LaterStep[];
}

/**
 * A definition whose objects a webhook converts is created without it, since what answers for it comes later; it is put
 * back as the last step of all. Until then the version in which the objects are written is the one that is stored, so
 * that none of them has to be converted.
 */
export function convertLater(definition: ExactObject, written: string | undefined): Converted {
  const conversion = valueAt(definition, CONVERSION);
  if (textAt(definition, [...CONVERSION, "strategy"]) !== "Webhook" || conversion === undefined) {
    return { object: definition, later: [] };
  }
  const clean = isCertificateInjected(definition)
    ? withoutValue(definition, [...CONVERSION, "webhook", "clientConfig", "caBundle"])
    : definition;
  const plain = withValue(clean, CONVERSION, { strategy: "None" });
  const spec = { conversion: valueAt(clean, CONVERSION) ?? {}, versions: valueAt(clean, VERSIONS) ?? [] };
  return {
    object: written === undefined ? plain : storeAs(plain, written),
    later: [{ name: "conversion", patch: { spec }, after: "gates" }],
  };
}

function storeAs(definition: ExactObject, written: string): ExactObject {
  let isThere = false;
  const stored = withEach(definition, VERSIONS, (version) => {
    const isIt = version["name"] === written;
    isThere ||= isIt;
    return { ...version, storage: isIt };
  });
  return isThere ? stored : definition;
}
