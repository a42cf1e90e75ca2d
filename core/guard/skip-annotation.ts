/** `<namespace>; until=<RFC 3339>; reason=…`: named so that it cannot be copied, dated so that it cannot be forgotten. */
export function skipAnnotation(namespace: string, until: Date, reason: string): string {
  return `${namespace}; until=${until.toISOString().replace(/\.\d+Z$/, "Z")}; reason=${reason}`;
}
