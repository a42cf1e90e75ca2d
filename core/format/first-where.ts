/** The first of so many places where the test holds, `count` where it holds nowhere; it must hold behind such a place too. */
export function firstWhere(count: number, test: (at: number) => boolean): number {
  let low = 0;
  let high = count;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
