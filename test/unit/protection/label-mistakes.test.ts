import { expect, test } from "vitest";
import { type LabelMistake, labelMistakes } from "#core/protection/label-mistakes.ts";
import type { NamespaceMarks } from "#core/protection/protection-of.ts";
import { DEFAULT_SETTINGS } from "#core/protection/settings.ts";
import { marks, NOW } from "./fixtures.ts";

const KEY = "kubectl-backup.io";
const PROTECTED = { [`${KEY}/protect`]: "true" };

function found(changes: Partial<NamespaceMarks>): readonly LabelMistake[] {
  return labelMistakes(marks(changes), DEFAULT_SETTINGS, NOW);
}

const LONG = `prod; until=2026-05-04T12:00:00Z; reason=x`;
const OVER = `prod; until=2026-05-01T11:00:00Z; reason=x`;

test("what is set as it is meant is no mistake", () => {
  const annotations = {
    [`${KEY}/max-age`]: "4h",
    [`${KEY}/volumes`]: "waived",
    [`${KEY}/allow-excluded`]: "true",
    [`${KEY}/last-backup`]: "b1",
    [`${KEY}/annotate`]: "all",
    [`${KEY}/restore-order`]: "1",
    [`${KEY}/skip-final-backup`]: OVER,
    "velero.io/exclude-from-backup-reason": "x",
  };
  const labels = { ...PROTECTED, [`${KEY}/tier`]: "none", team: "protect", "example.com/protect": "true" };
  expect(found({ labels, annotations })).toEqual([]);
  expect(found({ labels: {} })).toEqual([]);
  expect(found({ labels: { [`${KEY}/protected`]: "true" }, terminating: true })).toEqual([]);
});

test.each([
  `${KEY}/protected`,
  `${KEY}/protection`,
  `${KEY}/Protect`,
  `${KEY}/prtect`,
  "kubectl-backup/protect",
  "kubectl-backup.com/protect",
  "kubectl-bakup.io/protect",
  "kubectl_backup.io/protected",
  "velero.io/protect",
  "backup.velero.io/protected",
])("the label %s says that a namespace is protected which is not", (key) => {
  expect(found({ labels: { [key]: "true" } })).toEqual([
    {
      namespace: "prod",
      found: `label ${key}=true`,
      means: `means nothing: what counts is the label ${KEY}/protect`,
      mend: `kubectl backup protect prod && kubectl label namespace prod ${key}-`,
      isAmiss: true,
    },
  ]);
  expect(found({ labels: { [key]: "false" } })).toEqual([]);
  const beside = found({ labels: { ...PROTECTED, [key]: "true" } });
  expect(beside).toMatchObject([{ mend: `kubectl label namespace prod ${key}-`, isAmiss: false }]);
});

test("a label that is set as an annotation protects nothing", () => {
  expect(found({ labels: {}, annotations: PROTECTED })).toMatchObject([
    {
      found: `annotation ${KEY}/protect=true`,
      mend: `kubectl backup protect prod && kubectl annotate namespace prod ${KEY}/protect-`,
      isAmiss: true,
    },
  ]);
});

const to = (verb: string, key: string) => `kubectl ${verb} namespace prod ${KEY}/${key} && kubectl `;

test.each([
  { in: "labels", mark: "max-age=1h", isAmiss: true, mend: to("annotate", "max-age=1h") },
  { in: "labels", mark: "volumes=waived", isAmiss: false, mend: to("annotate", "volumes=waived") },
  { in: "annotations", mark: "maxage=1h", isAmiss: true, mend: to("annotate", "max-age=1h") },
  { in: "annotations", mark: "tier=critical", isAmiss: true, mend: to("label", "tier=critical") },
  {
    in: "annotations",
    mark: "allow-exclude=true",
    isAmiss: false,
    mend: to("annotate", "allow-excluded=true"),
  },
] as const)(
  "in the $in of a protected namespace, $mark means nothing",
  ({ in: place, mark, isAmiss, mend }) => {
    const [mistake] = found(protectedWith(place, mark));
    expect(mistake).toMatchObject({ isAmiss, mend: expect.stringMatching(`^${mend}`) });
  },
);

function protectedWith(place: "labels" | "annotations", mark: string): Partial<NamespaceMarks> {
  const [name, value = ""] = mark.split(/=(.*)/s);
  const marked = { labels: PROTECTED, annotations: {} };
  return { ...marked, [place]: { ...marked[place], [`${KEY}/${name}`]: value } };
}

test.each([
  { in: "labels", mark: "tier=urgent", means: "is no tier and counts as normal", isAmiss: true },
  {
    in: "annotations",
    mark: "max-age=1 hour",
    means: "is no duration: 24h counts, by its tier",
    isAmiss: true,
  },
  { in: "annotations", mark: "max-age=0", means: "is no duration: 24h counts, by its tier", isAmiss: true },
  { in: "annotations", mark: "volumes=no", means: "counts as required", isAmiss: false },
  { in: "annotations", mark: "allow-excluded=yes", means: "counts as false", isAmiss: false },
  { in: "annotations", mark: "skip-final-backup=please", means: "skips nothing", isAmiss: false },
  { in: "annotations", mark: `skip-final-backup=${LONG}`, means: "skips nothing", isAmiss: false },
] as const)(
  "in the $in of a protected namespace, $mark is not understood",
  ({ in: place, mark, ...said }) => {
    expect(found(protectedWith(place, mark))).toMatchObject([said]);
  },
);

test.each(["kube-system", "kubectl-backup"])("the label on %s protects nothing", (name) => {
  expect(found({ name, labels: PROTECTED })).toMatchObject([
    { mend: `kubectl label namespace ${name} ${KEY}/protect-`, isAmiss: true },
  ]);
});

test.each(["False", "no", "off", "0"])("protect=%s protects, which it does not look like", (value) => {
  expect(found({ labels: { [`${KEY}/protect`]: value } })).toMatchObject([
    { mend: "kubectl backup unprotect prod", isAmiss: false },
  ]);
});

test("protect=false is told of, and is as it says", () => {
  expect(found({ labels: { [`${KEY}/protect`]: "false" } })).toMatchObject([
    { means: "switches the protection off", mend: "kubectl backup protect prod", isAmiss: false },
  ]);
});

test("a protected namespace that is in no backup can never be deleted", () => {
  const labels = { ...PROTECTED, "velero.io/exclude-from-backup": "true" };
  expect(found({ labels })).toMatchObject([{ means: expect.stringContaining("no backup will ever") }]);
});
