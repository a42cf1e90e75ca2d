/**
 * Kubernetes' quantities ("500m", "1.5Gi", "2e3") as whole billionths: the finest that a server keeps (it rounds up to
 * them, apimachinery pkg/api/resource/quantity.go), so that sums and comparisons are exact.
 */
export type Billionths = bigint;

const ONE = 1_000_000_000n;
const BINARY: readonly (readonly [suffix: string, factor: bigint])[] = [
  ["Ei", 2n ** 60n],
  ["Pi", 2n ** 50n],
  ["Ti", 2n ** 40n],
  ["Gi", 2n ** 30n],
  ["Mi", 2n ** 20n],
  ["Ki", 2n ** 10n],
];
const DECIMAL: readonly (readonly [suffix: string, billionths: bigint])[] = [
  ["E", 10n ** 27n],
  ["P", 10n ** 24n],
  ["T", 10n ** 21n],
  ["G", 10n ** 18n],
  ["M", 10n ** 15n],
  ["k", 10n ** 12n],
  ["", ONE],
  ["m", 10n ** 6n],
  ["u", 10n ** 3n],
  ["n", 1n],
];
const FACTORS: ReadonlyMap<string, bigint> = new Map([
  ...BINARY.map(([suffix, factor]) => [suffix, factor * ONE] as const),
  ...DECIMAL,
]);
const QUANTITY = /^([+-]?)(\d*)(?:\.(\d*))?([eE][+-]?\d{1,2}|[EPTGMK]i|[numkMGTPE]?)$/;

/** undefined: it is none. */
export function parseQuantity(text: string): Billionths | undefined {
  const [, sign, whole = "", fraction = "", suffix = ""] = QUANTITY.exec(text.trim()) ?? [];
  if (whole === "" && fraction === "") return undefined;
  const [factor, divisor] = scaleOf(suffix);
  const amount = BigInt(whole + fraction) * factor;
  const size = roundedUp(amount, divisor * 10n ** BigInt(fraction.length));
  return sign === "-" ? -size : size;
}

/** In the largest unit that says it exactly; binary ones where the other quantity has one. */
export function formatQuantity(amount: Billionths, like: string): string {
  const units = like.endsWith("i")
    ? [...BINARY.map(([suffix, factor]) => [suffix, factor * ONE] as const), ...DECIMAL.slice(-4)]
    : DECIMAL;
  const [suffix, unit] = units.find(([, size]) => amount !== 0n && amount % size === 0n) ?? ["", ONE];
  return `${amount / unit}${suffix}`;
}

/** An exponent may be negative, so a scale is a fraction. */
function scaleOf(suffix: string): readonly [factor: bigint, divisor: bigint] {
  const known = FACTORS.get(suffix);
  if (known !== undefined) return [known, 1n];
  const exponent = Number(suffix.slice(1));
  const power = 10n ** BigInt(Math.abs(exponent));
  return exponent < 0 ? [ONE, power] : [ONE * power, 1n];
}

function roundedUp(amount: bigint, divisor: bigint): bigint {
  return (amount + divisor - 1n) / divisor;
}
