/** A histogram's sum and count as a scrape tells them. */
export interface Scraped {
  readonly sum: number;
  readonly count: number;
}

export function histogramIn(text: string, name: string): Scraped {
  const read = (suffix: string) => Number(new RegExp(`^${name}_${suffix} (\\S+)$`, "m").exec(text)?.[1] ?? 0);
  return { sum: read("sum"), count: read("count") };
}

/** The mean of what was observed between two scrapes, in milliseconds. */
export function meanMsBetween(before: Scraped, after: Scraped): number {
  return ((after.sum - before.sum) / (after.count - before.count)) * 1000;
}
