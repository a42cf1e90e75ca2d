// JSON with every number kept as it was written: JavaScript's own numbers lose integers above 2^53.

/** Like JSON.parse, but an integer that a double cannot hold becomes a bigint. */
export function parseExact(text: string): unknown {
  // The third argument (the number's source text) is newer than TypeScript's library types.
  const reviver = (_key: string, value: unknown, context?: { readonly source?: string }): unknown => {
    if (typeof value !== "number" || context?.source === undefined) return value;
    return /^-?\d+$/.test(context.source) && !Number.isSafeInteger(value) ? BigInt(context.source) : value;
  };
  return JSON.parse(text, reviver);
}

/** The way back: bigints are written as plain integers. */
export function stringifyExact(value: unknown): string {
  // JSON.rawJSON is newer than TypeScript's library types.
  const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
  return JSON.stringify(value, (_key, member) =>
    typeof member === "bigint" ? rawJSON(String(member)) : member,
  );
}
