import { Failure } from "#core/model/errors.ts";
import { headerText } from "./header.ts";
import type { UserEntry } from "./kubeconfig.ts";

/**
 * The headers that make the server act for somebody else. All of a kubeconfig's fields go along: a user without its
 * groups would run with other rights than kubectl's. https://kubernetes.io/docs/reference/access-authn-authz/user-impersonation/
 */
export function impersonationHeaders(user: UserEntry): Readonly<Record<string, string | string[]>> {
  const extra = Object.entries(user.asUserExtra);
  if (!user.as) {
    if (user.asGroups.length === 0 && !user.asUid && extra.length === 0) return {};
    throw new Failure(
      "usage",
      "groups, uid or extra fields of a user can only be taken on together with the user",
      {
        hint: "add --as USER",
      },
    );
  }
  return {
    "impersonate-user": headerText(user.as),
    ...(user.asGroups.length > 0 ? { "impersonate-group": user.asGroups.map(headerText) } : {}),
    ...(user.asUid ? { "impersonate-uid": headerText(user.asUid) } : {}),
    ...Object.fromEntries(
      extra.map(([key, values]) => [`impersonate-extra-${escapeKey(key)}`, values.map(headerText)]),
    ),
  };
}

/** Percent-encodes what may not stand in a header's name (RFC 9110, token), and the percent sign; lower case is the server's. */
function escapeKey(key: string): string {
  const bytes = Buffer.from(key.toLowerCase(), "utf8").toString("latin1");
  return bytes.replaceAll(
    /[^a-z0-9!#$&'*+\-.^_`|~]/g,
    (byte) => `%${byte.charCodeAt(0).toString(16).padStart(2, "0")}`,
  );
}
