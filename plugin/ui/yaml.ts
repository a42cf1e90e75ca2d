import { stringify } from "yaml";

/** Lazily loaded: only -o yaml needs it. */
export function stringifyYaml(value: unknown): string {
  return stringify(value, { lineWidth: 0, aliasDuplicateObjects: false });
}
