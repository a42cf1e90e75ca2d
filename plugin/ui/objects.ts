import { groupResource, type ItemKind } from "#core/model/item.ts";
import type { App } from "#plugin/app.ts";
import { type OutputFormat, print } from "./print.ts";

interface NamedObject {
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string };
}

/** `deployments.apps/kubectl-backup/guard`. */
export function objectName({ resource, namespace, name }: LocatedName): string {
  return `${groupResource(resource)}/${namespace === "" ? "" : `${namespace}/`}${name}`;
}

interface LocatedName {
  readonly resource: Pick<ItemKind, "group" | "resource">;
  readonly namespace: string;
  readonly name: string;
}

/** Objects that would be applied: as YAML documents that kubectl and GitOps tools take, or a List as JSON. */
export async function printObjects(
  app: App,
  format: OutputFormat,
  objects: readonly NamedObject[],
): Promise<void> {
  if (format === "yaml") {
    const { stringifyYaml } = await import("./yaml.ts");
    app.stdout.write(objects.map(stringifyYaml).join("---\n"));
    return;
  }
  const names = objects.map(
    ({ kind, metadata: { namespace, name } }) =>
      `${kind.toLowerCase()}/${namespace === undefined ? "" : `${namespace}/`}${name}`,
  );
  await print(app, format, {
    document: { apiVersion: "v1", kind: "List", items: objects },
    names,
    text: () => names.map((name) => `${name} would be applied (dry run)\n`).join(""),
  });
}
