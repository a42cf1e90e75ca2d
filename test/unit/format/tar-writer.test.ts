import { spawnSync } from "node:child_process";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { fileStem, TAR_END_BYTES, TarHeads, tarPadding, tarPath } from "#core/format/tar-writer.ts";
import { build, clusterRoles, configMaps, deployments, makeItem, unzipped } from "./archive-in-memory.ts";

const modifiedAt = new Date("2026-05-01T12:00:00Z");

function tarOf(path: string, content: string): Buffer {
  const bytes = Buffer.from(content);
  const head = new TarHeads(modifiedAt).head({ path, sizeBytes: bytes.length });
  return Buffer.concat([head, bytes, Buffer.alloc(tarPadding(bytes.length) + TAR_END_BYTES)]);
}

/** The system's tar, as a user has it. */
function tar(args: readonly string[], input: Uint8Array): string {
  const run = spawnSync("tar", args, { input, env: { ...process.env, LC_ALL: "C.UTF-8", TZ: "UTC" } });
  expect([run.status, run.stderr.toString()]).toEqual([0, ""]);
  return run.stdout.toString();
}

describe("the path of an item", () => {
  test("is Velero's", () => {
    expect(tarPath(configMaps, { namespace: "shop", name: "a" })).toBe(
      "resources/configmaps/namespaces/shop/a.json",
    );
    expect(tarPath(deployments, { namespace: "shop", name: "web" })).toBe(
      "resources/deployments.apps/namespaces/shop/web.json",
    );
    expect(tarPath(clusterRoles, { namespace: "", name: "system:node" })).toBe(
      "resources/clusterroles.rbac.authorization.k8s.io/cluster/system:node.json",
    );
  });

  test("keeps every name that can be a file's", () => {
    for (const name of [
      "a",
      "system:node",
      "Ünïcode 🦀",
      "new\nline",
      "back\\slash",
      "..a",
      "x".repeat(250),
    ]) {
      expect(fileStem(name)).toBe(name);
    }
  });

  test("replaces the others by % and a digest, each by its own", () => {
    const names = [
      "a/b",
      "../../etc/passwd",
      "nul\0",
      "x".repeat(251),
      "é".repeat(126),
      "half \ud800",
      "half \udc00",
      "",
    ];
    const stems = names.map(fileStem);
    for (const stem of stems) expect(stem).toMatch(/^%[0-9a-f]{64}$/);
    expect(new Set(stems).size).toBe(names.length);
  });

  test("never leaves its folder, whatever the cluster claims", () => {
    const property = fc.property(
      fc.string({ unit: "binary" }),
      fc.string({ unit: "binary" }),
      (namespace, name) => {
        const segments = tarPath(configMaps, { namespace, name }).split("/");
        expect(segments.length).toBe(namespace === "" ? 4 : 5);
        expect(segments.every((segment) => segment !== "" && segment !== "." && segment !== "..")).toBe(true);
      },
    );
    fc.assert(property);
    expect(tarPath(configMaps, { namespace: "..", name: "a" })).toMatch(/namespaces\/%[0-9a-f]{64}\/a.json$/);
  });
});

describe("the system's tar", () => {
  const folder = "resources/roles.rbac.authorization.k8s.io/namespaces/a";

  test.each([
    ["a short name", `${folder}/a.json`],
    ["100 characters", `${"p".repeat(95)}.json`],
    ["a path that is split", `${folder}/${"n".repeat(90)}.json`],
    ["the longest split", `${"p".repeat(155)}/${"n".repeat(95)}.json`],
    ["a path too long for a split", `${"p".repeat(156)}/${"n".repeat(95)}.json`],
    ["a name of 250 characters", `${folder}/${"n".repeat(250)}.json`],
    ["a colon", `${folder}/system:node.json`],
    ["an emoji", `${folder}/🦀.json`],
    ["98 bytes, where the length of the length counts", `${"é".repeat(42)}.json`],
  ])("reads back a path with %s", (_, path) => {
    const archive = tarOf(path, "content");
    expect(tar(["-tf", "-", "--quoting-style=literal"], archive)).toBe(`${path}\n`);
    expect(tar(["-xOf", "-"], archive)).toBe("content");
  });

  test("reads a short path that follows a split and a pax one", () => {
    const heads = new TarHeads(modifiedAt);
    const paths = [`${folder}/${"n".repeat(90)}.json`, `${folder}/${"é".repeat(90)}.json`, "short"];
    const copies = paths.map((path) => Uint8Array.from(heads.head({ path, sizeBytes: 0 })));
    const archive = Buffer.concat([...copies, Buffer.alloc(TAR_END_BYTES)]);
    expect(tar(["-tf", "-", "--quoting-style=literal"], archive)).toBe(`${paths.join("\n")}\n`);
  });

  test("reads mode, size and time", () => {
    expect(tar(["-tvf", "-"], tarOf("a", "content"))).toMatch(/^-rwxr-xr-x .* 7 2026-05-01 12:00 a\n$/);
  });

  test("reads a whole archive, first Velero's mark of the version", async () => {
    const items = [
      makeItem(configMaps, "a", "one"),
      makeItem(clusterRoles, "", "system:🦀"),
      makeItem(deployments, "a", "two"),
    ];
    const { archive, finished } = await build(items);
    expect(tar(["-tzf", "-", "--quoting-style=literal"], archive).split("\n")).toEqual([
      "metadata/version",
      "resources/configmaps/namespaces/a/one.json",
      "resources/clusterroles.rbac.authorization.k8s.io/cluster/system:🦀.json",
      "resources/deployments.apps/namespaces/a/two.json",
      "",
    ]);
    expect(tar(["-xzOf", "-", "metadata/version"], archive)).toBe("1\n");
    expect(finished.renamed).toEqual([]);
    expect(finished.archiveBytes).toBe(archive.length);
    expect(unzipped(archive).length % 512).toBe(0);
  });

  test("reads what had to be renamed, and the archive says which that is", async () => {
    const { archive, finished } = await build([makeItem(clusterRoles, "", "nul\0")]);
    expect(tar(["-tzf", "-"], archive)).toMatch(/cluster\/%[0-9a-f]{64}\.json\n$/);
    expect(finished.renamed).toEqual(["clusterroles.rbac.authorization.k8s.io nul\0"]);
  });
});
