import type { RestoreWriter } from "#core/catalog/catalog.ts";
import { describeError } from "#core/model/errors.ts";
import type { JournalEntry } from "#core/model/restore-journal.ts";

/** What a watcher waits for news, and at most what a crash leaves unsaid. */
const FLUSH_MS = 1_000;
/** About a thousand items: sooner than a second only where many fail with long reasons. */
const FLUSH_CHARACTERS = 256 * 1024;
/** So often in a row a part may fail before the journal is given up; its lines wait in memory until then. */
const ATTEMPTS = 5;
/** What the last part may take. */
const LAST_PART_MS = 5_000;

/**
 * What a restore has done so far, stored in parts beside its work: nobody who creates an object waits for it. What it
 * says is never what a resumed restore relies on, since the last second may be missing: the cluster's objects are. Only
 * of commands in pods there is no other trace: that one begins is stored before it does.
 */
export class Journal {
  readonly #writer: RestoreWriter | undefined;
  readonly #onTrouble: (message: string) => void;
  readonly #timer: NodeJS.Timeout;
  readonly #stop = new AbortController();
  #lines = "";
  #failures = 0;
  #writing: Promise<boolean> | undefined;

  constructor(writer: RestoreWriter | undefined, onTrouble: (message: string) => void) {
    this.#writer = writer;
    this.#onTrouble = onTrouble;
    this.#timer = setInterval(() => void this.#flush(), FLUSH_MS);
    this.#timer.unref();
  }

  add(entry: JournalEntry): void {
    this.#addLine(JSON.stringify(entry));
  }

  /** Resolves when a crash would find it; false where it could not be stored. Where nothing is stored, nothing is resumed. */
  async addNow(entry: JournalEntry): Promise<boolean> {
    if (this.#writer === undefined) return true;
    if (this.#failures >= ATTEMPTS) return false;
    this.add(entry);
    await this.#writing;
    return (await this.#flush()) ?? true;
  }

  /** The result as the report's items file has it, so that it is put into words once. */
  addItem(resultJson: string): void {
    this.#addLine(`{"type":"item",${resultJson.slice(1)}`);
  }

  /** Stores what is left. Never throws. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    const late = setTimeout(() => this.#stop.abort(), LAST_PART_MS);
    await this.#writing;
    await this.#flush();
    clearTimeout(late);
  }

  #addLine(line: string): void {
    if (this.#writer === undefined || this.#failures >= ATTEMPTS) return;
    this.#lines += `${line}\n`;
    if (this.#lines.length >= FLUSH_CHARACTERS) void this.#flush();
  }

  #flush(): Promise<boolean> | undefined {
    if (this.#writing !== undefined || this.#lines === "") return this.#writing;
    const lines = this.#lines;
    this.#lines = "";
    this.#writing = this.#append(lines).finally(() => {
      this.#writing = undefined;
    });
    return this.#writing;
  }

  /** Lines that may have been stored although the answer was lost are stored twice: readers count an item once. */
  async #append(lines: string): Promise<boolean> {
    try {
      await this.#writer?.append(lines, this.#stop.signal);
      this.#failures = 0;
      return true;
    } catch (error) {
      this.#failures += 1;
      this.#lines = this.#failures < ATTEMPTS ? lines + this.#lines : "";
      if (this.#failures === ATTEMPTS || this.#stop.signal.aborted)
        this.#onTrouble(`the journal of this restore could not be stored: ${describeError(error)}`);
      return false;
    }
  }
}
