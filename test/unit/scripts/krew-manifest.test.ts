import { expect, test } from "vitest";
import { parse } from "yaml";
import { krewManifest } from "#scripts/release/krew-manifest.ts";

const caveatsOf = (name: string): string =>
  parse(krewManifest({ name, version: "1.2.3", homepage: "https://example.com", archives: [] })).spec.caveats;

test("the file for completion is called as kubectl looks for it, which writes a dash in a plugin's name as _", () => {
  expect(caveatsOf("backup")).toContain(
    "kubectl backup completion kubectl | sudo tee /usr/local/bin/kubectl_complete-backup",
  );
  expect(caveatsOf("cluster-backup")).toContain(
    "kubectl cluster-backup completion kubectl | sudo tee /usr/local/bin/kubectl_complete-cluster_backup",
  );
  expect(caveatsOf("cluster-backup")).not.toContain("kubectl_complete-cluster-backup");
});

test("nothing is put into krew's own folder, for krew without plugins takes a file there for a sign of its age, and ends", () => {
  expect(caveatsOf("backup")).not.toContain(".krew");
});
