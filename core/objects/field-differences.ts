import { deepEqual } from "./deep-equal.ts";
import { type ExactJson, isExactList, isExactObject } from "./exact-json.ts";

/** More would not be read; the last entry then says how many there are. */
const MOST_PATHS = 20;

/** undefined: there is nothing at the path. */
export interface FieldChange {
  readonly path: string;
  readonly left: ExactJson | undefined;
  readonly right: ExactJson | undefined;
}

/** Where two values differ, as paths (`.spec.replicas`, `.metadata.labels["a.b/c"]`, `.spec.ports[0].port`). */
export function fieldDifferences(left: ExactJson, right: ExactJson): readonly string[] {
  const paths = fieldChanges(left, right).map(({ path }) => path);
  return paths.length <= MOST_PATHS
    ? paths
    : [...paths.slice(0, MOST_PATHS), `and ${paths.length - MOST_PATHS} more`];
}

/** The same with what stands there on both sides. */
export function fieldChanges(left: ExactJson, right: ExactJson): readonly FieldChange[] {
  const changes: FieldChange[] = [];
  collect({ left, right, path: "" }, changes);
  return changes;
}

function collect({ left, right, path }: FieldChange, changes: FieldChange[]): void {
  if (left !== undefined && right !== undefined && deepEqual(left, right)) return;
  const inner = innerPairs({ left, right, path });
  if (inner === undefined) changes.push({ path: path === "" ? "." : path, left, right });
  else for (const pair of inner) collect(pair, changes);
}

/** Undefined where the difference lies in the values themselves. */
function innerPairs({ left, right, path }: FieldChange): readonly FieldChange[] | undefined {
  if (isExactList(left) && isExactList(right)) {
    if (left.length !== right.length) return undefined;
    return left.map((entry, index) => ({ left: entry, right: right[index], path: `${path}[${index}]` }));
  }
  if (!isExactObject(left) || !isExactObject(right)) return undefined;
  const keys = [...new Set([...Object.keys(left), ...Object.keys(right)])].sort();
  return keys.map((key) => ({ left: own(left, key), right: own(right, key), path: `${path}${step(key)}` }));
}

function own(object: { readonly [key: string]: ExactJson }, key: string): ExactJson | undefined {
  return Object.hasOwn(object, key) ? object[key] : undefined;
}

function step(key: string): string {
  return /^[A-Za-z_][\w-]*$/.test(key) ? `.${key}` : `[${JSON.stringify(key)}]`;
}
