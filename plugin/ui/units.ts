/** Durations, ages and sizes as kubectl prints them. */
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"] as const;

export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${UNITS[unit]}`;
}

/** kubectl's ages: 45s, 12m, 3h20m, 5d3h, 2y40d. Negative (a clock ahead) is 0s. */
export function formatAge(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  const minutes = Math.floor(seconds / 60);
  const hours = Math.floor(minutes / 60);
  const days = Math.floor(hours / 24);
  if (seconds < 120) return `${seconds}s`;
  if (minutes < 10) return pair([minutes, "m"], [seconds % 60, "s"]);
  if (minutes < 180) return `${minutes}m`;
  if (hours < 8) return pair([hours, "h"], [minutes % 60, "m"]);
  if (hours < 48) return `${hours}h`;
  if (days < 8) return pair([days, "d"], [hours % 24, "h"]);
  if (days < 730) return `${days}d`;
  return pair([Math.floor(days / 365), "y"], [days % 365, "d"]);
}

function pair(big: readonly [number, string], small: readonly [number, string]): string {
  return small[0] === 0 ? big.join("") : [...big, ...small].join("");
}

/** A span that somebody waited for: 0.4s, 12s, 3m5s. */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < 10_000) return `${(milliseconds / 1000).toFixed(1)}s`;
  const seconds = Math.round(milliseconds / 1000);
  return seconds < 120 ? `${seconds}s` : pair([Math.floor(seconds / 60), "m"], [seconds % 60, "s"]);
}

/** Between two times that are known to the second only: 0 is not "at once". */
export function formatWholeSeconds(milliseconds: number): string {
  return milliseconds < 1000 ? "<1s" : formatAge(milliseconds);
}

export function formatCount(count: number, one: string, many = `${one}s`): string {
  return `${groupDigits(count)} ${count === 1 ? one : many}`;
}

/** 12,345. Not by Intl: loading it costs more than most commands. */
export function groupDigits(count: number): string {
  return String(count).replace(/\B(?=(\d{3})+$)/g, ",");
}
