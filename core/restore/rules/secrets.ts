import { textAt, withoutKeys, withoutValues, withValue } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";
import { isTokenSecretName } from "#core/restore/token-secret-name.ts";

const SERVICE_ACCOUNT = "kubernetes.io/service-account.name";
const ACCOUNT_UID = "kubernetes.io/service-account.uid";

/**
 * Tokens belong to the old cluster: one that a server made by itself stays behind, one that a user asked for returns
 * without content, which the token controller then fills (with the old content it would keep a dead token).
 */
export const secrets: Rule = {
  does: [
    "Tokens that a server made by itself, and bootstrap tokens, stay away.",
    "A token that a user asked for returns empty once its service account is there, tied to that very account, and is filled anew.",
  ],
  // A token whose account is not there is deleted at once.
  needs(object) {
    if (textAt(object, ["type"]) !== "kubernetes.io/service-account-token") return [];
    return [
      {
        type: "account",
        name: textAt(object, ["metadata", "annotations", SERVICE_ACCOUNT]),
        // The token controller may clean up after the old account of that name late, and takes every token that does
        // not say another uid (IsServiceAccountToken in k8s.io/apiserver/pkg/authentication/serviceaccount).
        tied: (token, uid) => withValue(token, ["metadata", "annotations", ACCOUNT_UID], uid),
      },
    ];
  },
  transform(object, { item }) {
    const type = textAt(object, ["type"]);
    if (type === "bootstrap.kubernetes.io/token") {
      return skipped("expired-token", "bootstrap tokens expire and belong to the cluster they were made for");
    }
    if (type !== "kubernetes.io/service-account-token") return restored(object);
    const account = textAt(object, ["metadata", "annotations", SERVICE_ACCOUNT]);
    if (isTokenSecretName(item.name, account)) {
      return skipped("auto-made", "the token of a service account that an older server made by itself");
    }
    const emptied = withoutValues(object, [["data"], ["stringData"]]);
    return restored(withoutKeys(emptied, ["metadata", "annotations"], (key) => key === ACCOUNT_UID));
  },
};
