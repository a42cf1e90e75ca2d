import type { App } from "#plugin/app.ts";

/** Data goes to stdout, whole and only data; everything else to stderr. */
export type OutputFormat = "table" | "wide" | "json" | "yaml" | "name";

export function outputFormat(value: string | undefined): OutputFormat {
  // The parser has checked the value against the flag's choices.
  return (value ?? "table") as OutputFormat;
}

export interface Printable {
  /** For -o json and yaml. */
  readonly document: unknown;
  /** For -o name: one per line. */
  readonly names: readonly string[];
  /** For -o table; wide gets true. */
  readonly text: (wide: boolean) => string;
}

export async function print(app: App, format: OutputFormat, printable: Printable): Promise<void> {
  app.stdout.write(await render(format, printable));
}

/** Tells what was done: in words that -q leaves out. */
export function printDone(app: App, format: OutputFormat, printable: Printable): Promise<void> {
  return print(app, format, app.quiet ? { ...printable, text: () => "" } : printable);
}

async function render(format: OutputFormat, printable: Printable): Promise<string> {
  switch (format) {
    case "json":
      return `${JSON.stringify(printable.document, null, 2)}\n`;
    case "yaml": {
      const { stringifyYaml } = await import("./yaml.ts");
      return stringifyYaml(printable.document);
    }
    case "name":
      return printable.names.map((name) => `${name}\n`).join("");
    case "table":
      return printable.text(false);
    case "wide":
      return printable.text(true);
  }
}
