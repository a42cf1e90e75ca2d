/** A Date header tells whole seconds, cut off. */
export const SECOND_MS = 1000;

/** The SDK drops the headers of replies; the Date among them is the store's clock. Heard where the reply is read. */
export const REPLY_STEP = { step: "deserialize", priority: "high" } as const;

interface StoreTime {
  /** Goes into a command's middleware stack at REPLY_STEP. */
  readonly listen: <A, R extends { readonly response: unknown }>(
    next: (args: A) => Promise<R>,
  ) => (args: A) => Promise<R>;
  /** The store's clock when it answered; this machine's where it told none. */
  readonly read: () => Date;
}

export function storeTime(): StoreTime {
  let time: Date | undefined;
  return {
    listen: (next) => async (args) => {
      const result = await next(args);
      time = dateOf(result.response);
      return result;
    },
    read: () => time ?? new Date(),
  };
}

function dateOf(response: unknown): Date | undefined {
  // The deserialize step hands on the HTTP response as unknown; it has headers with lower-case names.
  const { date } = (response as { headers?: Record<string, string> }).headers ?? {};
  const time = Date.parse(date ?? "");
  return Number.isNaN(time) ? undefined : new Date(time);
}
