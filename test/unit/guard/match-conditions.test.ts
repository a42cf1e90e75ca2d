import { expect, test } from "vitest";
import { manifestFiles } from "#core/guard/manifest-files.ts";
import { shippedConfiguration } from "#core/guard/render-guard.ts";
import { annotationKeys, labelKeys } from "#core/model/annotations.ts";
import { reviewUpdate } from "#core/protection/review-update.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { ago, HOUR_MS, marks, NOW } from "#test/unit/protection/fixtures.ts";

// The API server brings an update to the guard only where one of the keys has changed that the shipped expression lists.
const VALUES = [
  ...[undefined, "", "true", "false", "waived", "required", "critical", "low", "1h", "20d", "x"],
  `prod; until=${ago(-HOUR_MS)}; reason=x`,
];
const PROTECTED = { labels: { [labelKeys.protect]: "true" }, annotations: {} };

/** Has any change of that key alone anything to do with protection? */
function matters(place: "labels" | "annotations", key: string): boolean {
  const withValue = (value: string | undefined) => {
    const { [key]: _old, ...others }: Record<string, string> = PROTECTED[place];
    return marks({ ...PROTECTED, [place]: value === undefined ? others : { ...others, [key]: value } });
  };
  return VALUES.some((before) =>
    VALUES.some((after) => {
      const change = { before: withValue(before), after: withValue(after) };
      const { unreadable, weakened } = reviewUpdate(change, DEFAULT_SETTINGS, NOW);
      return before !== after && unreadable.length + weakened.length > 0;
    }),
  );
}

test("the shipped expression lists every key that can weaken protection, in its place, and no other", async () => {
  const { webhooks } = shippedConfiguration(await manifestFiles());
  // As manifests/ spell it.
  const [{ matchConditions }] = webhooks as [{ matchConditions: { expression: string }[] }];
  expect(matchConditions).toHaveLength(1);
  const expression = matchConditions[0]?.expression ?? "";
  expect(expression).toMatch(/^request\.operation == 'DELETE' \|\|/);
  const keys = [...Object.values(labelKeys), ...Object.values(annotationKeys)];
  for (const place of ["labels", "annotations"] as const) {
    const comparison = `object.metadata.?${place}[?key] != oldObject.metadata.?${place}[?key]`;
    const [, listed = ""] =
      expression
        .split(/\|\|/)
        .find((part) => part.includes(comparison))
        ?.split("[", 2) ?? [];
    const found = [...(listed.split("]")[0] ?? "").matchAll(/'([^']+)'/g)].map(([, key]) => key);
    expect(found.toSorted()).toEqual(keys.filter((key) => matters(place, key)).toSorted());
  }
});
