import * as z from "zod";

/**
 * Lists and maps of what may come from anybody, read up to the first thing that does not fit. The schema library's own go
 * on to the end and describe each fault in some hundred bytes: a list of a million zeros takes gigabytes, in the guard
 * too, which has a quarter of one.
 */
export function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(z.unknown()).transform((all, context): z.output<Item>[] => {
    const read: z.output<Item>[] = [];
    for (const [n, one] of all.entries()) {
      const result = item.safeParse(one);
      if (!result.success) return fault(result.error, n, context);
      read.push(result.data);
    }
    return read;
  });
}

/** By any text. */
export function mapOf<Value extends z.ZodType>(value: Value) {
  return z.record(z.string(), z.unknown()).transform((all, context): Record<string, z.output<Value>> => {
    const read: [string, z.output<Value>][] = [];
    for (const [key, one] of Object.entries(all)) {
      const result = value.safeParse(one);
      if (!result.success) return fault(result.error, key, context);
      read.push([key, result.data]);
    }
    return Object.fromEntries(read);
  });
}

function fault(error: z.ZodError, at: string | number, context: z.core.$RefinementCtx): never {
  const [first] = error.issues;
  context.addIssue({
    code: "custom",
    message: first?.message ?? "",
    path: [at, ...(first?.path ?? [])],
  });
  return z.NEVER;
}
