import { restoreFolder } from "#core/format/layout.ts";

/** Of a restore's folder below a location, whose own URL may end in parameters. */
export function restoreUrl(location: string, restore: string): string {
  const [, base = "", parameters = ""] = /^([^?]*)(.*)$/.exec(location) ?? [];
  return `${base.replace(/\/$/, "")}/${restoreFolder(restore)}${parameters}`;
}
