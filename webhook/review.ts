import * as z from "zod";
import { listOf, mapOf } from "#core/model/first-fault.ts";
import type { NamespaceMarks } from "#core/protection/protection-of.ts";
import { marksOf, namespaceObject } from "./namespace-object.ts";

/** An AdmissionReview of admission.k8s.io/v1, as far as it is read: who asks what of which namespace. */
const userInfo = z.object({
  username: z.string().default(""),
  uid: z.string().optional(),
  groups: listOf(z.string()).nullish(),
  extra: mapOf(listOf(z.string()).nullable()).nullish(),
});
const admissionReview = z.looseObject({
  apiVersion: z.literal("admission.k8s.io/v1"),
  kind: z.literal("AdmissionReview"),
  request: z.looseObject({
    uid: z.string().min(1),
    operation: z.string(),
    resource: z.looseObject({ group: z.string(), resource: z.string() }),
    object: namespaceObject.nullish(),
    oldObject: namespaceObject.nullish(),
    dryRun: z.boolean().nullish(),
    userInfo,
  }),
});

export type Requester = z.infer<typeof userInfo>;

export interface Review {
  readonly uid: string;
  readonly operation: string;
  readonly isNamespace: boolean;
  readonly before: NamespaceMarks | undefined;
  readonly after: NamespaceMarks | undefined;
  readonly isDryRun: boolean;
  readonly requester: Requester;
}

/** undefined: not a review that this program understands. */
export function readReview(body: unknown): Review | undefined {
  const read = admissionReview.safeParse(body);
  if (!read.success) return undefined;
  const { request } = read.data;
  return {
    uid: request.uid,
    operation: request.operation,
    isNamespace: request.resource.group === "" && request.resource.resource === "namespaces",
    before: request.oldObject == null ? undefined : marksOf(request.oldObject),
    after: request.object == null ? undefined : marksOf(request.object),
    isDryRun: request.dryRun === true,
    requester: request.userInfo,
  };
}

/** What the guard answers. `reason` is for logs, metrics and the audit log; `message` is what the user reads. */
export type Answer =
  | { readonly allowed: true; readonly reason: string; readonly notes?: Readonly<Record<string, string>> }
  | { readonly allowed: false; readonly reason: string; readonly message: string };

/**
 * Without a status the API server says 400 and "without explanation". Keys of audit annotations become
 * `guard.kubectl-backup.io/<key>` in the audit log.
 */
export function writeReview(uid: string, answer: Answer): object {
  const auditAnnotations = { verdict: answer.reason, ...(answer.allowed ? answer.notes : {}) };
  const status = answer.allowed
    ? {}
    : { status: { code: 403, reason: "Forbidden", status: "Failure", message: answer.message } };
  return {
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    response: { uid, allowed: answer.allowed, auditAnnotations, ...status },
  };
}
