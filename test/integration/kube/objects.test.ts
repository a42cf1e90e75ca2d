import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ObjectRef } from "#core/kube/cluster.ts";
import type { ItemKind } from "#core/model/item.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import {
  bytesOf,
  CONFIG_MAPS,
  clusterOf,
  nameOf,
  namespaceObject,
  type OpenedCluster,
  readAll,
  signal,
} from "./rig.ts";

const ROLES: ItemKind = {
  group: "rbac.authorization.k8s.io",
  version: "v1",
  resource: "roles",
  kind: "Role",
  namespaced: true,
};
const namespace = uniqueName("objects");
const options = { signal };
let cluster: OpenedCluster;

beforeAll(async () => {
  const admin = sharedCluster().adminClient();
  await admin.apply([namespaceObject(namespace)]);
  admin.close();
  cluster = await clusterOf(sharedCluster().kubeconfigPath);
});
afterAll(async () => {
  cluster.close();
  await sharedCluster().adminKubectl(["delete", "namespace", namespace, "--wait=false"]);
});

const refTo = (name: string): ObjectRef => ({ resource: CONFIG_MAPS, namespace, name });
const configMap = (name: string, more: Record<string, unknown> = {}) =>
  bytesOf({ apiVersion: "v1", kind: "ConfigMap", metadata: { name, namespace }, ...more });
const parse = (bytes: Uint8Array | undefined) => JSON.parse(Buffer.from(bytes ?? []).toString());

async function created(name: string) {
  const reply = await cluster.create(refTo(name), configMap(name), options);
  if (!reply.ok) throw new Error(reply.message);
  return parse(reply.body);
}

describe("single objects", () => {
  it("are created, read, replaced, patched and removed", async () => {
    const { metadata } = await created("life");
    const replaced = await cluster.replace(refTo("life"), configMap("life", { data: { a: "1" } }), options);
    expect(replaced).toMatchObject({ ok: true, status: 200 });
    const merge = { type: "merge", body: bytesOf({ data: { b: "2" } }) } as const;
    expect(await cluster.patch(refTo("life"), merge, options)).toMatchObject({ ok: true });
    const apply = { type: "apply", body: configMap("life", { data: { c: "3" } }) } as const;
    expect(await cluster.patch(refTo("life"), apply, options)).toMatchObject({ ok: true });
    const json = { type: "json", body: bytesOf([{ op: "remove", path: "/data/a" }]) } as const;
    expect(await cluster.patch(refTo("life"), json, options)).toMatchObject({ ok: true });
    expect(parse(await cluster.get(refTo("life"), signal)).data).toEqual({ b: "2", c: "3" });

    const wrong = { uid: crypto.randomUUID(), propagationPolicy: "Background", signal } as const;
    expect(await cluster.remove(refTo("life"), wrong)).toMatchObject({ ok: false, status: 409 });
    expect(await cluster.remove(refTo("life"), { ...wrong, uid: metadata.uid })).toMatchObject({ ok: true });
    expect(await cluster.get(refTo("life"), signal)).toBeUndefined();
  });

  it.each(["with a blank", "Ünïcödé-🚀", "two\nlines", 'a:b|c?*"<>', "..x", "100 per cent"])(
    "may be called %j",
    async (name) => {
      const ref = { resource: ROLES, namespace, name };
      const role = bytesOf({
        apiVersion: "rbac.authorization.k8s.io/v1",
        kind: "Role",
        metadata: { name },
        rules: [],
      });
      expect(await cluster.create(ref, role, options)).toMatchObject({ ok: true, status: 201 });
      expect(parse(await cluster.get(ref, signal)).metadata.name).toBe(name);
      const { items } = await readAll(cluster.list({ resource: ROLES, namespace, signal }));
      expect(items.map(nameOf)).toContain(name);
    },
  );

  it("keep the digits of numbers that JavaScript cannot hold", async () => {
    const pods: ItemKind = { ...CONFIG_MAPS, resource: "pods", kind: "Pod" };
    const ref = { resource: pods, namespace, name: "big" };
    const body = `{"apiVersion":"v1","kind":"Pod","metadata":{"name":"big"},"spec":{"terminationGracePeriodSeconds":9007199254740993,"containers":[{"name":"c","image":"x"}]}}`;
    const reply = await cluster.create(ref, Buffer.from(body), options);
    expect(reply).toMatchObject({ ok: true });
    const read = Buffer.from((await cluster.get(ref, signal)) ?? []).toString();
    expect(read).toContain('"terminationGracePeriodSeconds":9007199254740993');
    expect(read.endsWith("}")).toBe(true);
  });

  it("are not written in a dry run", async () => {
    const reply = await cluster.create(refTo("dry"), configMap("dry"), { ...options, dryRun: true });
    expect(reply).toMatchObject({ ok: true, status: 201 });
    expect(await cluster.get(refTo("dry"), signal)).toBeUndefined();
  });

  it("bring the server's warnings along, or are refused for them", async () => {
    const unknown = configMap("warned", { surplus: 1 });
    const warned = await cluster.create(refTo("warned"), unknown, { ...options, fieldValidation: "Warn" });
    expect(warned).toMatchObject({ ok: true, warnings: ['unknown field "surplus"'] });
    const strict = await cluster.create(refTo("strict"), configMap("strict", { surplus: 1 }), {
      ...options,
      fieldValidation: "Strict",
    });
    expect(strict).toMatchObject({ ok: false, status: 400, reason: "BadRequest" });
  });

  it("are refused with what the server said", async () => {
    await created("twice");
    const again = await cluster.create(refTo("twice"), configMap("twice"), options);
    expect(again).toMatchObject({ ok: false, status: 409, reason: "AlreadyExists" });
    const invalid = await cluster.create(refTo("Bad"), configMap("Bad"), options);
    expect(invalid).toMatchObject({
      ok: false,
      status: 422,
      reason: "Invalid",
      causes: ["FieldValueInvalid"],
    });
    const missing = { resource: { ...CONFIG_MAPS, resource: "nothings" }, namespace, name: "x" };
    expect(await cluster.create(missing, configMap("x"), options)).toMatchObject({ ok: false, status: 404 });
  });

  it("can be watched from a resourceVersion on", async () => {
    const { metadata } = await created("watched");
    const { resourceVersion } = metadata;
    await cluster.patch(refTo("watched"), { type: "merge", body: bytesOf({ data: { a: "1" } }) }, options);
    const seen: string[] = [];
    for await (const { type, object } of cluster.watch({
      resource: CONFIG_MAPS,
      namespace,
      resourceVersion,
      signal,
    })) {
      seen.push(`${type} ${parse(object).metadata.name}`);
      break;
    }
    expect(seen).toEqual(["MODIFIED watched"]);
  });

  it("tell the server's version and time and who asks", async () => {
    expect(await cluster.version(signal)).toMatchObject({
      gitVersion: expect.stringMatching(/^v1\./),
      major: "1",
    });
    expect(await cluster.whoAmI(signal)).toBe("admin");
    expect(Math.abs((await cluster.serverTime(signal)).getTime() - Date.now())).toBeLessThan(10_000);
  });
});
