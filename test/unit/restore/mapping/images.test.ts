import { describe, expect, it } from "vitest";
import type { ExactObject } from "#core/objects/exact-json.ts";
import { imageRuleFor, mapImage } from "#core/restore/mapping/images.ts";
import { sent } from "#test/unit/restore/rules-fixture.ts";

describe("image places", () => {
  it.for([
    ["reg.io/team/web:1", { "reg.io/team": "m.io/t" }, "m.io/t/web:1"],
    ["reg.io/team/web:1", { "reg.io/team/web": "m.io/w" }, "m.io/w:1"],
    ["reg.io/team/web@sha256:ab", { "reg.io/team/web": "m.io/w" }, "m.io/w@sha256:ab"],
    ["reg.io/team/web:1@sha256:ab", { "reg.io": "m.io" }, "m.io/team/web:1@sha256:ab"],
    ["reg.io/team/web:1", { "reg.io/team/web:1": "m.io/w:2" }, "m.io/w:2"],
    // Only at a path's border.
    ["reg.io/teams/web", { "reg.io/team": "m.io" }, "reg.io/teams/web"],
    ["reg.io/team", { "reg.io/team": "m.io/x" }, "m.io/x"],
    // A port is part of the host.
    ["reg:5000/web:1", { reg: "m.io" }, "reg:5000/web:1"],
    ["reg:5000/web:1", { "reg:5000": "m.io:6000" }, "m.io:6000/web:1"],
    // Short names come from Docker Hub.
    ["nginx", { "docker.io": "m.io" }, "m.io/library/nginx"],
    ["nginx:1.27", { nginx: "m.io/nginx" }, "m.io/nginx:1.27"],
    ["bitnami/redis:7", { "docker.io/bitnami": "m.io/b" }, "m.io/b/redis:7"],
    ["localhost/web", { "docker.io": "m.io" }, "localhost/web"],
    // The longest entry counts.
    ["reg.io/a/b:1", { "reg.io": "x.io", "reg.io/a": "y.io" }, "y.io/b:1"],
  ] as const)("%s by %o becomes %s", ([image, mapping, expected]) => {
    expect(mapImage(image, mapping)).toBe(expected);
  });

  it("that meet no image say so", () => {
    expect(imageRuleFor("reg.io/web", { "other.io": "x" })).toBeUndefined();
  });
});

describe("images are mapped", () => {
  const request = { imageMapping: { old: "new" } };
  const spec = {
    containers: [{ name: "c", image: "old/c:1" }],
    initContainers: [{ name: "i", image: "old/i" }],
    volumes: [{ name: "v", image: { reference: "old/v:1" } }],
  };
  const mapped = {
    containers: [{ name: "c", image: "new/c:1" }],
    initContainers: [{ name: "i", image: "new/i" }],
    volumes: [{ name: "v", image: { reference: "new/v:1" } }],
  };
  const metadata = { name: "one", namespace: "app" };

  it("in pods", () => {
    expect(sent({ resource: "pods", object: { metadata, spec }, request })["spec"]).toEqual(mapped);
  });

  it.for([["deployments"], ["statefulsets"], ["daemonsets"], ["replicasets"]] as const)(
    "in %s",
    ([resource]) => {
      const object = { metadata, spec: { template: { spec } } };
      expect(sent({ resource, group: "apps", object, request })["spec"]).toEqual({
        template: { spec: mapped },
      });
    },
  );

  it("in Jobs, CronJobs, ReplicationControllers and PodTemplates", () => {
    const template = { template: { spec } };
    const inTemplate = { template: { spec: mapped } };
    const job = sent({ resource: "jobs", group: "batch", object: { metadata, spec: template }, request });
    expect(job["spec"]).toMatchObject(inTemplate);
    const cron = { metadata, spec: { jobTemplate: { spec: template } } };
    expect(sent({ resource: "cronjobs", group: "batch", object: cron, request })["spec"]).toMatchObject({
      jobTemplate: { spec: inTemplate },
    });
    const controller = { metadata, spec: template };
    expect(sent({ resource: "replicationcontrollers", object: controller, request })["spec"]).toEqual(
      inTemplate,
    );
    const bare: ExactObject = { metadata, ...template };
    expect(sent({ resource: "podtemplates", object: bare, request })).toMatchObject(inTemplate);
  });
});
