import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { type ForeignEntry, readVeleroArchive } from "#core/format/velero-archive.ts";
import { readItemHeader } from "#core/objects/item-header.ts";
import {
  anyItems,
  build,
  clusterRoles,
  collect,
  configMaps,
  deployments,
  flipped,
  makeItem,
  never,
  once,
  type TestItem,
} from "./archive-in-memory.ts";

interface Member {
  readonly name: string;
  readonly body?: string | Uint8Array;
  readonly type?: "file" | "symlink" | "link" | "directory" | "character-device" | "fifo";
}

async function tarGz(members: readonly Member[]): Promise<Buffer> {
  const packed = pack();
  for (const { name, body = "", type = "file" } of members) {
    const link = type === "symlink" || type === "link" ? { linkname: "/etc/passwd" } : {};
    packed.entry({ name, type, mode: 0o755, ...link }, type === "file" ? Buffer.from(body) : Buffer.alloc(0));
  }
  packed.finalize();
  const parts: Uint8Array[] = [];
  // The stream's types leave its chunks open; they are bytes.
  for await (const part of packed) parts.push(part as Uint8Array);
  return gzipSync(Buffer.concat(parts));
}

async function read(
  archive: Uint8Array,
): Promise<{ titles: string[]; notices: string[]; entries: ForeignEntry[] }> {
  const entries = await collect(
    readVeleroArchive(once(archive), { readHeader: readItemHeader, signal: never }),
  );
  const titles = entries.flatMap((entry) =>
    "notice" in entry ? [] : [`${entry.kind.resource} ${entry.header.namespace}/${entry.header.name}`],
  );
  return { titles, notices: entries.flatMap((entry) => ("notice" in entry ? [entry.notice] : [])), entries };
}

const one = makeItem(configMaps, "a", "one");
const onePath = "resources/configmaps/namespaces/a/one.json";

describe("an archive of Velero's", () => {
  test("gives its objects with kind, header and bytes", async () => {
    const web = makeItem(deployments, "a", "web");
    const admin = makeItem(clusterRoles, "", "system:node");
    const { entries, notices } = await read(
      await tarGz([
        { name: "metadata/version", body: "1.1.0\n" },
        { name: onePath, body: one.bytes },
        { name: "resources/deployments.apps/namespaces/a/web.json", body: web.bytes },
        {
          name: "resources/clusterroles.rbac.authorization.k8s.io/cluster/system:node.json",
          body: admin.bytes,
        },
      ]),
    );
    expect(notices).toEqual([]);
    expect(entries).toEqual(
      [one, web, admin].map(({ kind, header: { ...header }, bytes }) => {
        const { apiVersion: _, kind: __, ...bare } = { apiVersion: "", kind: "", ...header };
        return { kind, header: bare, bytes };
      }),
    );
  });

  test("gives objects once that are stored again under their version", async () => {
    const { titles, notices } = await read(
      await tarGz([
        { name: onePath, body: one.bytes },
        { name: "resources/configmaps/v1-preferredversion/namespaces/a/one.json", body: one.bytes },
        { name: "resources/deployments.apps/v1beta1/cluster/x.json", body: "{}" },
      ]),
    );
    expect([titles, notices]).toEqual([["configmaps a/one"], []]);
  });

  test("gives definitions of both versions that lie side by side, and other kinds in one only", async () => {
    const definitions = {
      group: "apiextensions.k8s.io",
      version: "v1",
      resource: "customresourcedefinitions",
      kind: "CustomResourceDefinition",
      namespaced: false,
    };
    const folder = "resources/customresourcedefinitions.apiextensions.k8s.io/cluster";
    const old = makeItem({ ...definitions, version: "v1beta1" }, "", "a.example.com");
    const oldRole = makeItem({ ...clusterRoles, version: "v1beta1" }, "", "b");
    const roles = "resources/clusterroles.rbac.authorization.k8s.io/cluster";
    const { titles, notices, entries } = await read(
      await tarGz([
        { name: `${folder}/b.example.com.json`, body: makeItem(definitions, "", "b.example.com").bytes },
        { name: `${folder}/a.example.com.json`, body: old.bytes },
        { name: `${roles}/a.json`, body: makeItem(clusterRoles, "", "a").bytes },
        { name: `${roles}/b.json`, body: oldRole.bytes },
      ]),
    );
    expect(titles).toEqual([
      "customresourcedefinitions /b.example.com",
      "customresourcedefinitions /a.example.com",
      "clusterroles /a",
    ]);
    expect(entries[1]).toMatchObject({ kind: definitions, bytes: old.bytes });
    expect(notices).toEqual([expect.stringContaining("v1 ClusterRole")]);
  });

  test("may have folders, and ./ before its paths", async () => {
    const { titles, notices } = await read(
      await tarGz([
        { name: "./", type: "directory" },
        { name: "./resources/", type: "directory" },
        { name: `./${onePath}`, body: one.bytes },
      ]),
    );
    expect([titles, notices]).toEqual([["configmaps a/one"], []]);
  });

  test("may be one of ours whose index is lost", async () => {
    const property = fc.asyncProperty(anyItems, async (items) => {
      const { archive } = await build(items);
      const { entries, notices } = await read(archive);
      expect(notices).toEqual([]);
      const text = (item: { bytes: Uint8Array }): string => Buffer.from(item.bytes).toString("base64");
      const found = entries.map((entry) => ("bytes" in entry ? text(entry) : entry.notice));
      expect(found.toSorted()).toEqual(items.map(text).toSorted());
    });
    await fc.assert(property, { numRuns: 20 });
  }, 60_000);
});

describe("what lies in a foreign archive and is no object in its place", () => {
  async function noticeOf(...members: readonly Member[]): Promise<string | undefined> {
    const { titles, notices } = await read(await tarGz([{ name: onePath, body: one.bytes }, ...members]));
    expect(titles).toEqual(["configmaps a/one"]);
    expect(notices).toHaveLength(1);
    return notices[0];
  }

  function stored(item: TestItem, name: string): Member {
    return { name, body: item.bytes };
  }

  const two = makeItem(configMaps, "a", "two");

  test.each<[string, Member, RegExp]>([
    ["a path that climbs", stored(two, "resources/configmaps/namespaces/../two.json"), /path is not/],
    [
      "a path out of the archive",
      stored(two, "../../resources/configmaps/namespaces/a/two.json"),
      /path is not/,
    ],
    ["an absolute path", stored(two, "/resources/configmaps/namespaces/a/two.json"), /path is not/],
    ["a file outside of resources", stored(two, "other/two.json"), /path is not/],
    [
      "a file that is no JSON by name",
      stored(two, "resources/configmaps/namespaces/a/two.yaml"),
      /path is not/,
    ],
    [
      "a symbolic link",
      { name: "resources/configmaps/namespaces/a/l.json", type: "symlink" },
      /it is a symlink/,
    ],
    ["a hard link", { name: "resources/configmaps/namespaces/a/l.json", type: "link" }, /it is a link/],
    [
      "a device",
      { name: "resources/configmaps/namespaces/a/d.json", type: "character-device" },
      /it is a character-device/,
    ],
    [
      "an object under another name",
      stored(two, "resources/configmaps/namespaces/a/zwei.json"),
      /is named "two"/,
    ],
    [
      "an object in another namespace",
      stored(two, "resources/configmaps/namespaces/b/two.json"),
      /namespace "a"/,
    ],
    ["a namespaced object in cluster", stored(two, "resources/configmaps/cluster/two.json"), /namespace "a"/],
    [
      "an object of another group",
      stored(two, "resources/configmaps.apps/namespaces/a/two.json"),
      /API group ""/,
    ],
    [
      "an object of another kind than its neighbours",
      stored(
        makeItem({ ...configMaps, kind: "Secret" }, "a", "s"),
        "resources/configmaps/namespaces/a/s.json",
      ),
      /v1 ConfigMap/,
    ],
    ["an object twice", stored(one, onePath), /twice/],
    ["text", { name: "resources/configmaps/namespaces/a/t.json", body: "hello" }, /cannot be read/],
    ["null", { name: "resources/configmaps/namespaces/a/t.json", body: "null" }, /cannot be read/],
    ["nothing", { name: "resources/configmaps/namespaces/a/t.json", body: "" }, /cannot be read/],
    [
      "too much",
      { name: "resources/configmaps/namespaces/a/t.json", body: Buffer.alloc(16 * 1024 * 1024 + 1) },
      /larger/,
    ],
  ])("is left out and named: %s", async (_, member, notice) => {
    expect(await noticeOf(member)).toMatch(notice);
  });

  test("is named without control characters and at bearable length", async () => {
    const notice = await noticeOf({ name: `\u001b[31mred\n${"x".repeat(1000)}`, body: "" });
    expect(notice).not.toMatch(/\p{C}/u);
    expect(notice?.length).toBeLessThan(400);
  });
});

describe("a broken foreign archive", () => {
  const members = Array.from({ length: 20 }, (_, at) => makeItem(configMaps, "a", `i${at}`));

  test("is told wherever it was cut, also between the members of ours", async () => {
    const { archive } = await build([...members, makeItem(deployments, "a", "web")]);
    const borders = [...archive.keys()].filter(
      (at) => archive.readUInt16BE(Math.min(at, archive.length - 2)) === 0x1f8b,
    );
    expect(borders.length).toBeGreaterThanOrEqual(4);
    const anyCut = fc.oneof(fc.nat(archive.length - 1), fc.constantFrom(...borders));
    const property = fc.asyncProperty(anyCut, async (length) => {
      await expect(read(archive.subarray(0, length))).rejects.toMatchObject({ code: "backup-damaged" });
    });
    await fc.assert(property, { numRuns: 80 });
  }, 60_000);

  test("is told, or gives the same objects, whichever bit is flipped", async () => {
    const archive = await tarGz(
      members.map(({ header, bytes }) => ({
        name: `resources/configmaps/namespaces/a/${header.name}.json`,
        body: bytes,
      })),
    );
    const { entries } = await read(archive);
    const property = fc.asyncProperty(fc.nat(archive.length - 1), fc.nat(7), async (at, bit) => {
      const after = await read(flipped(archive, at, 1 << bit)).catch((error: unknown) => error);
      if (after instanceof Error) expect(after).toMatchObject({ code: "backup-damaged" });
      else expect(after).toMatchObject({ entries });
    });
    await fc.assert(property, { numRuns: 150 });
  }, 60_000);

  test("is told when it unpacks to a multiple that only a bomb has", async () => {
    const bomb = gzipSync(Buffer.alloc(36 * 1024 * 1024), { level: 9 });
    await expect(read(bomb)).rejects.toThrow(/times its size/);
  });

  test.each([
    ["no gzip", Buffer.from("hello")],
    ["nothing", Buffer.alloc(0)],
    ["gzip without tar", gzipSync("hello")],
  ])("is told when it is %s", async (_, bytes) => {
    await expect(read(bytes)).rejects.toMatchObject({ code: "backup-damaged" });
  });

  test("passes on what the store says when the store fails", async () => {
    const { archive } = await build(members);
    const failing = async function* (): AsyncGenerator<Uint8Array> {
      yield archive.subarray(0, 100);
      throw Object.assign(new Error("connection lost"), { code: "location-unreachable" });
    };
    const reading = readVeleroArchive(failing(), { readHeader: readItemHeader, signal: never });
    await expect(collect(reading)).rejects.toMatchObject({ code: "location-unreachable" });
  });

  test("stops when the reader stops", async () => {
    const { archive } = await build(members);
    const stop = new AbortController();
    const reading = readVeleroArchive(once(archive), { readHeader: readItemHeader, signal: stop.signal });
    await reading.next();
    stop.abort(new Error("enough"));
    await expect(collect(reading)).rejects.toThrow("enough");
  });
});
