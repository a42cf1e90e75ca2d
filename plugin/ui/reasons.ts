/** The stable reason codes of item outcomes in people's words; machines read the codes in -o json. */
const WORDS: Readonly<Record<string, string>> = {
  "auto-made": "made by the cluster itself",
  "controller-made": "made by a controller",
  "owner-exists": "left to an owner that exists",
  differs: "differing from the backup",
  terminating: "being deleted when backed up",
  "not-selected": "there already and only referred to",
  "claim-without-data": "without data",
  "mounts-held-claim": "mounting a claim without data",
  "kind-not-served": "of a kind unknown to the cluster",
  "version-not-served": "of a version unknown to the cluster",
  "reaches-outside": "owning something outside the cluster",
  "snapshot-not-cut": "of which no snapshot had been cut",
  "snapshot-exists": "of a snapshot that is there already",
  "snapshot-content-missing": "without the content that was cut for them",
  immutable: "with a field that cannot be changed",
  exists: "there by now",
  "recreate-would-destroy-data": "not recreated, for that would destroy data",
  "changed-since": "changed since the restore that is undone",
  "change-unknown": "kept, for it cannot be told whether they have changed since",
  "not-read": "kept, for they could not be looked at",
  "owns-kept": "kept, for they own what is kept",
  "owner-kept": "kept with the object that controls them",
  "holds-data": "kept, for deleting it would destroy data",
  "namespace-not-empty": "kept, for other objects lie in it",
  conflict: "changed by somebody else all the time",
  connection: "cut off",
  gone: "deleted meanwhile",
  replaced: "replaced meanwhile",
};

/** `2 made by the cluster itself`, `1 differing from the backup`. */
export function reasonPhrases(counts: Readonly<Record<string, number>>): readonly string[] {
  return Object.entries(counts).map(
    ([reason, count]) => `${count} ${WORDS[reason] ?? reason.replaceAll("-", " ")}`,
  );
}
