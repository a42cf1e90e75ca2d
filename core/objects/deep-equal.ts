import { type ExactJson, isExactList, isExactObject, isRawNumber } from "./exact-json.ts";

/** Equality of parsed JSON: the order of keys does not count, integers are compared exactly whatever their size. */
export function deepEqual(left: ExactJson, right: ExactJson): boolean {
  if (left === right) return true;
  if (isExactList(left)) return isExactList(right) && listsEqual(left, right);
  if (isExactObject(left)) return isExactObject(right) && objectsEqual(left, right);
  return isNumber(left) && isNumber(right) && numbersEqual(spelling(left), spelling(right));
}

function listsEqual(left: readonly ExactJson[], right: readonly ExactJson[]): boolean {
  return left.length === right.length && left.every((entry, index) => deepEqual(entry, right[index] ?? null));
}

type ExactObject = { readonly [key: string]: ExactJson };

function objectsEqual(left: ExactObject, right: ExactObject): boolean {
  const keys = Object.keys(left);
  if (keys.length !== Object.keys(right).length) return false;
  return keys.every((key) => {
    const a = left[key];
    const b = Object.hasOwn(right, key) ? right[key] : undefined;
    return a !== undefined && b !== undefined && deepEqual(a, b);
  });
}

function isNumber(value: ExactJson): boolean {
  return typeof value === "number" || isRawNumber(value);
}

function spelling(value: ExactJson): string {
  return isRawNumber(value) ? value.rawJSON : String(value);
}

const INTEGER = /^-?\d+$/;

function numbersEqual(left: string, right: string): boolean {
  if (INTEGER.test(left) && INTEGER.test(right)) return BigInt(left) === BigInt(right);
  return Number(left) === Number(right);
}
