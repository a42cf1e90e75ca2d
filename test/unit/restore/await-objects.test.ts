import { describe, expect, it } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { awaitObjects } from "#core/restore/await-objects.ts";
import { scriptedCluster } from "./scripted-cluster.ts";

const kind = { group: "apps", version: "v1", resource: "deployments", kind: "Deployment", namespaced: true };
const deployment = (name: string, availableReplicas: number, more: object = {}) => ({
  apiVersion: "apps/v1",
  kind: "Deployment",
  metadata: { name, namespace: "app", generation: 1 },
  spec: { replicas: 1 },
  status: { observedGeneration: 1, updatedReplicas: 1, availableReplicas, ...more },
});

describe("waiting for objects", () => {
  it("ends when each has been ready once, by the list or by the watch", async () => {
    const { cluster } = scriptedCluster({
      list: [deployment("a", 1), deployment("b", 0)],
      watch: [deployment("b", 1)],
    });
    let ready = 0;
    const unready = await awaitObjects(
      cluster,
      { kind, keys: new Set(["app/a", "app/b"]) },
      { signal: AbortSignal.timeout(5_000), onReady: () => ready++ },
    );
    expect(unready).toEqual([]);
    expect(ready).toBe(2);
  });

  it("lists again when its watch breaks off, as a balancer on the way does with one on which nothing moves", async () => {
    const first = scriptedCluster({ list: [deployment("a", 0)] }).cluster;
    const second = scriptedCluster({ list: [deployment("a", 1)] }).cluster;
    let lists = 0;
    const cluster = { ...first };
    cluster.list = (request) => (++lists === 1 ? first : second).list(request);
    cluster.watch = () => {
      throw new Failure("cluster-unreachable", "the connection was lost", { retryable: true });
    };
    const unready = await awaitObjects(
      cluster,
      { kind, keys: new Set(["app/a"]) },
      { signal: AbortSignal.timeout(5_000), onReady: () => undefined },
    );
    expect({ unready, lists }).toEqual({ unready: [], lists: 2 });
  });

  it("ends at the time-out with what each is waiting for", async () => {
    const conditions = [{ type: "Available", status: "False", message: "no node" }];
    const { cluster } = scriptedCluster({ list: [deployment("a", 0, { conditions })] });
    const unready = await awaitObjects(
      cluster,
      { kind, keys: new Set(["app/a", "app/gone"]) },
      { signal: AbortSignal.timeout(50), onReady: () => undefined },
    );
    expect(unready.map(({ name, why }) => [name, why])).toEqual([
      ["a", "0 of 1 replicas are available: no node"],
      ["gone", "it has not been seen"],
    ]);
  });

  it("does not wait for what has failed for good", async () => {
    const conditions = [{ type: "Progressing", reason: "ProgressDeadlineExceeded", message: "too slow" }];
    const { cluster } = scriptedCluster({ list: [deployment("a", 0, { conditions })] });
    const unready = await awaitObjects(
      cluster,
      { kind, keys: new Set(["app/a"]) },
      { signal: AbortSignal.timeout(5_000), onReady: () => undefined },
    );
    expect(unready).toMatchObject([{ name: "a", why: "too slow" }]);
  });
});
