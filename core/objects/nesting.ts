const [LIST, MAP] = [0x5b, 0x7b];

/**
 * An honest object of 1.5 MiB, the largest that an etcd takes, has a list or map every ten bytes at most. Hostile JSON
 * of the same size may have one every three, each of which takes some fifty bytes when it is parsed.
 */
const MOST = 400_000;

/** Does it open more lists and maps than anything honest? Told without parsing; those in texts count too. */
export function isHeapOfBrackets(json: Uint8Array): boolean {
  let opened = 0;
  for (const byte of json) if (byte === LIST || byte === MAP) opened += 1;
  return opened > MOST;
}
