/** Node writes header values as latin1, kubectl as UTF-8: the same bytes leave when the UTF-8 bytes are said as latin1. */
export function headerText(value: string): string {
  return Buffer.from(value, "utf8").toString("latin1");
}

export function bearer(token: string): string {
  return `Bearer ${headerText(token.trim())}`;
}

/** RFC 7617. */
export function basic(username: string, password: string): string {
  return `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;
}
