// Builds all test servers that are not cached yet, so that no test has to wait for them.
import { TOOL_MODULES, toolDirectory } from "#test/harness/tools.ts";

try {
  for (const module of TOOL_MODULES) process.stdout.write(`${module}: ${await toolDirectory(module)}\n`);
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
