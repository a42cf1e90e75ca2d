import { textAt, withoutKeys, withoutValues } from "#core/objects/edit-object.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";
import { isTokenSecretName } from "#core/restore/token-secret-name.ts";

const SERVICE_ACCOUNT = "kubernetes.io/service-account.name";

/**
 * Tokens belong to the old cluster: one that a server made by itself stays behind, one that a user asked for returns
 * without content, which the token controller then fills (with the old content it would keep a dead token).
 */
export const secrets: Rule = {
  does: [
    "Tokens that a server made by itself, and bootstrap tokens, stay away.",
    "A token that a user asked for returns empty once its service account is there, and is filled anew.",
  ],
  // A token whose account is not there is deleted at once.
  needs(object) {
    if (textAt(object, ["type"]) !== "kubernetes.io/service-account-token") return [];
    return [{ type: "account", name: textAt(object, ["metadata", "annotations", SERVICE_ACCOUNT]) }];
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
    return restored(
      withoutKeys(emptied, ["metadata", "annotations"], (key) => key === "kubernetes.io/service-account.uid"),
    );
  },
};
