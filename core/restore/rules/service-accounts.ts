import { deepEqual } from "#core/objects/deep-equal.ts";
import { objectAt, textAt, valueAt, withoutValue, withValue } from "#core/objects/edit-object.ts";
import { type ExactJson, type ExactObject, isExactList } from "#core/objects/exact-json.ts";
import type { Rule } from "#core/restore/rule.ts";
import { restored, skipped } from "#core/restore/rule.ts";
import { isTokenSecretName } from "#core/restore/token-secret-name.ts";

/**
 * `default` is made in each namespace by a controller: nothing to restore unless somebody added to it, and then what
 * was added is merged in. Token Secrets that old servers made by themselves are not restored, nor named.
 */
export const serviceAccounts: Rule = {
  does: [
    "`default` is made by the cluster: what somebody added to it is merged in, and nothing taken away.",
    "Names of token Secrets that a server made are left out.",
  ],
  transform(object, { item }) {
    const named = dropMadeTokens(object, item.name);
    if (item.name === "default" && Object.keys(additions({}, named)).length === 0) {
      return skipped(
        "auto-made",
        "the default service account is made by the cluster, and nothing was added to it",
      );
    }
    return restored(named);
  },
  mergedName: "default",
  merge(live, wanted) {
    const patch = additions(live, wanted);
    return Object.keys(patch).length === 0 ? undefined : patch;
  },
};

function dropMadeTokens(object: ExactObject, account: string): ExactObject {
  const secrets = object["secrets"];
  if (!isExactList(secrets)) return object;
  const kept = secrets.filter((entry) => !isTokenSecretName(nameOf(entry), account));
  if (kept.length === secrets.length) return object;
  return kept.length === 0 ? withoutValue(object, ["secrets"]) : withValue(object, ["secrets"], kept);
}

function nameOf(entry: ExactJson): string {
  return textAt({ entry }, ["entry", "name"]);
}

/** What the live object lacks; nothing that it has is changed or dropped. */
function additions(live: ExactObject, wanted: ExactObject): ExactObject {
  let patch: ExactObject = {};
  for (const list of ["imagePullSecrets", "secrets"]) {
    const joined = joinLists(live[list], wanted[list]);
    if (joined !== undefined) patch = { ...patch, [list]: joined };
  }
  for (const map of ["labels", "annotations"]) {
    const path = ["metadata", map];
    const missing = missingKeys(objectAt(live, path), objectAt(wanted, path));
    if (Object.keys(missing).length > 0) patch = withValue(patch, path, missing);
  }
  const automount = "automountServiceAccountToken";
  const wish = valueAt(wanted, [automount]);
  return wish !== undefined && live[automount] === undefined ? { ...patch, [automount]: wish } : patch;
}

function joinLists(live: ExactJson | undefined, wanted: ExactJson | undefined): ExactJson | undefined {
  if (!isExactList(wanted)) return undefined;
  const present = isExactList(live) ? live : [];
  const missing = wanted.filter((entry) => !present.some((other) => deepEqual(entry, other)));
  return missing.length === 0 ? undefined : [...present, ...missing];
}

function missingKeys(live: ExactObject, wanted: ExactObject): ExactObject {
  return Object.fromEntries(Object.entries(wanted).filter(([key]) => !Object.hasOwn(live, key)));
}
