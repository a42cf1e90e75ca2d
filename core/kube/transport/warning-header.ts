/** RFC 7234 section 5.5: `299 - "text"`, several of them joined by commas; `\"` and `\\` stand for themselves. */
const WARNING = /(\d{3}) \S+ "((?:[^"\\]|\\.)*)"/g;

/** The texts of the API server's warnings (code 299). */
export function parseWarnings(header: string | undefined): string[] {
  if (header === undefined) return [];
  return Array.from(header.matchAll(WARNING))
    .filter(([, code]) => code === "299")
    .map(([, , text = ""]) => text.replace(/\\(.)/g, "$1"));
}
