import * as z from "zod";

const expression = z.strictObject({
  key: z.string().min(1),
  operator: z.enum(["In", "NotIn", "Exists", "DoesNotExist"]),
  values: z.array(z.string()).default([]),
});

const pointer = z.string().regex(/^\//, { message: 'a path begins with "/"' });

const patch = z.strictObject({
  operation: z
    .string()
    .toLowerCase()
    .pipe(z.enum(["add", "remove", "replace", "move", "copy", "test"])),
  path: pointer,
  from: pointer.optional(),
  /** JSON where it reads as a number, a boolean, null, an object, a list or a quoted string; else the text itself. */
  value: z.string().default(""),
});

const patchData = z.strictObject({ patchData: z.string() });

/** One rule in the format of Velero's resource modifiers, version v1. */
export const modifierRule = z.strictObject({
  conditions: z.strictObject({
    groupResource: z.string().min(1),
    resourceNameRegex: z.string().default(""),
    namespaces: z.array(z.string()).default([]),
    labelSelector: z
      .strictObject({
        matchLabels: z.record(z.string(), z.string()).default({}),
        matchExpressions: z.array(expression).default([]),
      })
      .optional(),
    matches: z.array(z.strictObject({ path: pointer, value: z.string().default("") })).default([]),
  }),
  patches: z.array(patch).default([]),
  /** `patchData` as JSON. */
  mergePatches: z.array(patchData).default([]),
  strategicPatches: z.array(patchData).default([]),
});
export type ModifierRule = z.infer<typeof modifierRule>;

export const modifiersFile = z.strictObject({
  version: z.literal("v1", { message: "only version v1 is known" }),
  resourceModifierRules: z.array(modifierRule).min(1, { message: "there is no rule" }),
});

/** What is kept with a restore's request, so that it can be carried on with the same rules. */
export const modifiers = z.object({
  /** The file's or ConfigMap's name, for messages. */
  from: z.string(),
  rules: z.array(modifierRule),
});
export type Modifiers = z.infer<typeof modifiers>;
