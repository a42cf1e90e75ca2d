import type { Readable, Writable } from "node:stream";

/** What a command may touch of the process it runs in; tests hand in their own. */
export interface App {
  /** The arguments as typed, for messages and the stored log. */
  readonly argv: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly stdin: Readable & { readonly isTTY?: boolean };
  readonly stdout: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly stderr: Writable & { readonly isTTY?: boolean; readonly columns?: number };
  readonly signal: AbortSignal;
  readonly now: () => Date;
  /** 0; 1: notes and causes; 2: requests. */
  readonly verbosity: number;
  /** No progress and no summary. */
  readonly quiet: boolean;
}

/** The same in other settings: laid over it, since a copy would open streams that nobody has asked for yet. */
export function appWith(app: App, settings: Partial<App>): App {
  return Object.create(app, Object.getOwnPropertyDescriptors(settings));
}
