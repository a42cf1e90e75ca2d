import { annotationKeys } from "#core/model/annotations.ts";
import { shortLine } from "#core/model/one-line.ts";
import { shellWord } from "#core/model/shell-word.ts";
import { inShort } from "./in-short.ts";
import { claimsAtRisk, type DeletionFacts, type Unusable } from "./judge-backup.ts";

/** The newest backup of a namespace and why it does not let it go. */
export interface RefusedBackup {
  readonly name: string;
  readonly reason: Unusable | "location";
  readonly why: string;
  /** It would do but for what `why` says: no new one has to be made. */
  readonly isFresh: boolean;
}

interface Refused {
  readonly facts: DeletionFacts;
  readonly locations: readonly string[];
  readonly troubles: readonly string[];
  readonly unread: readonly string[];
}

/**
 * At most five lines: what is refused, how the backups stand, and the commands which, as printed, make the next
 * deletion pass.
 */
export function refusalText(refused: Refused, newest: RefusedBackup | undefined): string {
  const { namespace, protection } = refused.facts;
  const { name } = namespace;
  const limit = inShort(protection.maxAgeSeconds);
  return [
    `namespace ${name} is protected: it may go when a usable backup of it is at most ${limit} old`,
    standingOf(refused, newest),
    ...troubleLine(refused.troubles),
    wayForward(refused, newest),
    `or, with the right to skip:  kubectl backup unprotect ${name} --once --for 1h --reason REASON && kubectl delete ns ${name}`,
  ].join("\n");
}

/** How its backups stand, in a line; what a manifest says of itself is whatever somebody wrote. */
export function standingOf(
  { facts, unread }: Pick<Refused, "facts" | "unread">,
  newest: RefusedBackup | undefined,
): string {
  const known =
    newest === undefined ? "there is no backup of it" : `its newest backup ${newest.name}: ${newest.why}`;
  const standing = [shortLine(known), ...countedFirst(unread)].join("; ");
  if (newest?.reason === "claim") return standing;
  // No backup could bring these claims' data back, so a new one alone would be refused as well.
  const [claim] = claimsAtRisk(facts);
  return claim === undefined ? standing : `${standing}; and no backup holds the data of claim ${claim.name}`;
}

/** The first, and how many more. */
function countedFirst(all: readonly string[]): readonly string[] {
  const [first] = all;
  if (first === undefined) return [];
  return [`${shortLine(first)}${all.length > 1 ? ` (and ${all.length - 1} more)` : ""}`];
}

const NOT_LOOKED_AT = "not looked at: ";

function troubleLine(troubles: readonly string[]): readonly string[] {
  return countedFirst(troubles).map((text) => `${NOT_LOOKED_AT}${text}`);
}

/** What a refusal says of a location that whoever wrote it could not look at. */
export function troubleIn(refusal: string): string | undefined {
  const line = refusal.split("\n").find((one) => one.startsWith(NOT_LOOKED_AT));
  return line?.slice(NOT_LOOKED_AT.length);
}

function wayForward({ facts, locations }: Refused, newest: RefusedBackup | undefined): string {
  const { name } = facts.namespace;
  const weaker = [
    ...(claimsAtRisk(facts).length > 0 ? [`kubectl backup protect ${name} --volumes waived`] : []),
    ...(newest?.reason === "excluded"
      ? [`kubectl annotate --overwrite namespace ${name} ${annotationKeys.allowExcluded}=true`]
      : []),
  ];
  const [location] = locations;
  const to = location === undefined ? "" : ` --location ${shellWord(location)}`;
  const create = `kubectl backup create --include-namespaces ${name}${to}`;
  const steps = newest?.isFresh === true ? weaker : [...weaker, create];
  return `${weaker.length > 0 ? "with the right to weaken protection:  " : ""}${steps.join(" && ")}`;
}
