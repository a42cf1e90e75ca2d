import type { HealthCheck } from "#core/model/health-check.ts";
import type { App } from "#plugin/app.ts";
import type { AnyCommand } from "#plugin/command.ts";
import { completeHint } from "./hint.ts";
import { escapeControl, renderTable } from "./table.ts";

export function healthTable(checks: readonly HealthCheck[]): string {
  return renderTable(
    ["CHECK", "STATE", "DETAIL"],
    checks.map(({ check, state, detail }) => [check, state, detail]),
  );
}

/** Each once, with the flags of this call where it is a call of one of `commands`. */
export function tellHints(hints: readonly string[], commands: readonly AnyCommand[], app: App): void {
  for (const hint of new Set(hints)) {
    const lines = completeHint(hint, app.argv, commands).split("\n").map(escapeControl);
    app.stderr.write(`hint: ${lines.join("\n")}\n`);
  }
}
