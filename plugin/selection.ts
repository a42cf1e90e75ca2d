import { Failure } from "#core/model/errors.ts";
import { type Selection, selection } from "#core/model/selection.ts";
import type { FlagValues } from "./command.ts";
import type { selectionFlags } from "./flags.ts";

/** Selection flags → Selection. Pure. */
export function selectionOf(flags: FlagValues<typeof selectionFlags>): Selection {
  refuseContradictions(flags);
  const [onlySelector] = flags.orSelector.length === 1 ? flags.orSelector : [];
  return selection.parse({
    includeNamespaces: flags.namespace === undefined ? flags.includeNamespaces : [flags.namespace],
    excludeNamespaces: flags.excludeNamespaces,
    includeResources: flags.includeResources,
    excludeResources: flags.excludeResources,
    labelSelector: flags.selector ?? onlySelector,
    orSelectors: onlySelector === undefined ? flags.orSelector : [],
    includeClusterResources: flags.includeClusterResources,
  });
}

function refuseContradictions(flags: FlagValues<typeof selectionFlags>): void {
  if (flags.namespace?.includes(",") === true) {
    throw new Failure("usage", "-n takes one namespace", {
      hint: `for several: --include-namespaces ${flags.namespace.replaceAll(/\s/g, "")}`,
    });
  }
  if (flags.namespace !== undefined && flags.allNamespaces === true) throw contradiction("-n", "-A");
  if (flags.namespace !== undefined && flags.includeNamespaces.length > 0) {
    throw contradiction("-n", "--include-namespaces");
  }
  if (flags.allNamespaces === true && flags.includeNamespaces.length > 0) {
    throw contradiction("-A", "--include-namespaces");
  }
  if (flags.selector !== undefined && flags.orSelector.length > 0) throw contradiction("-l", "--or-selector");
}

function contradiction(left: string, right: string): Failure {
  return new Failure("usage", `${left} and ${right} contradict each other`, { hint: "give one of them" });
}

/** `a:b,c:d` → { a: "b", c: "d" }. */
export function mappingOf(pairs: readonly string[], flag: string): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const [from, to, ...rest] = pair.split(":");
      if (from === undefined || from === "" || to === undefined || to === "" || rest.length > 0) {
        throw new Failure("usage", `${flag}: "${pair}" is not a pair`, {
          hint: `write ${flag} old:new,other:another`,
        });
      }
      return [from, to];
    }),
  );
}

/** `a=b` pairs, for labels. */
export function labelsOf(pairs: readonly string[], flag: string): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf("=");
      if (at < 1)
        throw new Failure("usage", `${flag}: "${pair}" is not key=value`, {
          hint: `write ${flag} key=value`,
        });
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** What the first line of a run says about the selection. */
export function describeSelection(request: Selection): string {
  const namespaces =
    request.includeNamespaces.length === 0
      ? "all namespaces"
      : `${isOne(request.includeNamespaces) ? "namespace" : "namespaces"} ${request.includeNamespaces.join(", ")}`;
  const parts = [
    request.excludeNamespaces.length === 0
      ? namespaces
      : `${namespaces} but ${request.excludeNamespaces.join(", ")}`,
    request.includeResources.length === 0 ? undefined : `only ${request.includeResources.join(", ")}`,
    request.excludeResources.length === 0 ? undefined : `without ${request.excludeResources.join(", ")}`,
    request.labelSelector === undefined ? undefined : `labelled ${request.labelSelector}`,
    request.orSelectors.length === 0 ? undefined : `labelled ${request.orSelectors.join(" or ")}`,
  ];
  return parts.filter((part) => part !== undefined).join(", ");
}

function isOne(namespaces: readonly string[]): boolean {
  return namespaces.length === 1 && !/[*?[]/.test(namespaces.join(""));
}
