import * as z from "zod";
import { mapOf } from "#core/model/first-fault.ts";
import type { NamespaceMarks } from "#core/protection/protection-of.ts";

const texts = mapOf(z.string());

/** A Namespace as the API server sends it, as far as it is read. */
export const namespaceObject = z.looseObject({
  metadata: z.looseObject({
    name: z.string().min(1),
    uid: z.string().default(""),
    resourceVersion: z.string().optional(),
    deletionTimestamp: z.string().nullish(),
    labels: texts.nullish(),
    annotations: texts.nullish(),
  }),
});
export type NamespaceObject = z.infer<typeof namespaceObject>;

export function marksOf({ metadata }: NamespaceObject): NamespaceMarks {
  const { name, uid, deletionTimestamp, labels, annotations } = metadata;
  const terminating = typeof deletionTimestamp === "string";
  return { name, uid, terminating, labels: labels ?? {}, annotations: annotations ?? {} };
}

/** The API server's own answer. */
export function readNamespace(body: Uint8Array): NamespaceObject {
  return namespaceObject.parse(JSON.parse(Buffer.from(body).toString("utf8")));
}
