import type { RbacObject } from "#core/objects/rbac-rules.ts";
import type { App } from "#plugin/app.ts";
import { outputFormat, print } from "./print.ts";

/** YAML that kubectl applies is what the default format means here. */
export async function printRoles(
  app: App,
  output: string | undefined,
  roles: readonly RbacObject[],
): Promise<void> {
  const format = outputFormat(output);
  const [only] = roles;
  await print(app, format === "table" || format === "wide" ? "yaml" : format, {
    document: roles.length === 1 ? only : { apiVersion: "v1", kind: "List", items: roles },
    names: roles.map(
      ({ kind, metadata }) => `${kind.toLowerCase()}.rbac.authorization.k8s.io/${metadata.name}`,
    ),
    text: () => "",
  });
}
