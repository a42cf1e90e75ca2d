import { describeError } from "#core/model/errors.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand } from "#plugin/command.ts";
import { clusterFlags, outputFlag } from "#plugin/flags.ts";
import { clientVersionText, TOOL_VERSION } from "#plugin/tool-version.ts";
import { outputFormat, print } from "#plugin/ui/print.ts";

export const versionCommand = defineCommand({
  words: ["version"],
  summary: "Print the versions of this tool and of the cluster",
  flags: {
    client: { type: "boolean", describe: "only this tool's version" },
    ...outputFlag,
    ...clusterFlags,
  },
  examples: [
    { command: "kubectl backup version", meaning: "both versions" },
    { command: "kubectl backup version --client -o json", meaning: "this tool's version for a script" },
  ],
  exitCodes: [0, 2, 6],
  async run({ flags }, app) {
    const client = {
      version: TOOL_VERSION,
      node: process.versions.node,
      platform: `${process.platform}/${process.arch}`,
    };
    const server = flags.client === true ? undefined : await serverVersion(flags, app);
    await print(app, outputFormat(flags.output), {
      document: { client, ...(server === undefined ? {} : { server }) },
      names: [TOOL_VERSION],
      text: () =>
        `${clientVersionText()}${server === undefined ? "" : `Server Version: ${server.version ?? "unknown"}\n`}`,
    });
    if (server?.error !== undefined) app.stderr.write(`warning: ${server.error}\n`);
    return server?.error === undefined ? 0 : 6;
  },
});

async function serverVersion(
  flags: Parameters<typeof import("#plugin/context.ts").openClusterFor>[0],
  app: App,
): Promise<{ version?: string; error?: string }> {
  const { openClusterFor } = await import("#plugin/context.ts");
  try {
    const cluster = await openClusterFor(flags, app);
    try {
      return { version: (await cluster.version(app.signal)).gitVersion };
    } finally {
      cluster.close();
    }
  } catch (error) {
    return { error: describeError(error) };
  }
}
