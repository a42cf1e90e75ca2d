import { describe, expect, it, test } from "vitest";
import { restoreHookKeys } from "#core/model/annotations.ts";
import { hasContainer, readExecHook } from "#core/restore/hooks/exec-hook.ts";
import { programName } from "#core/restore/hooks/hook-annotations.ts";
import { readInitHook, withInitHook, withoutInitHook } from "#core/restore/hooks/init-hook.ts";

const containers = [{ name: "app" }, { name: "pg" }];

type Keys = Partial<Record<keyof typeof restoreHookKeys, string>>;

function podWith(keys: Keys, spec: Readonly<Record<string, unknown>> = {}) {
  // Names of this file's own table.
  const names = Object.entries(keys) as [keyof typeof restoreHookKeys, string][];
  const annotations = Object.fromEntries(names.map(([key, text]) => [restoreHookKeys[key], text]));
  return JSON.parse(JSON.stringify({ metadata: { annotations }, spec: { containers, ...spec } }));
}

describe("a command after the start, by its annotations", () => {
  it("goes by Velero's defaults where they say nothing", () => {
    expect(readExecHook(podWith({ command: "/fill" }))).toEqual({
      type: "exec",
      container: "app",
      command: ["/fill"],
      onError: "Continue",
      execTimeoutSeconds: 30,
      waitTimeoutSeconds: undefined,
      waitForReady: false,
      remarks: [],
    });
  });

  it("takes all that they say", () => {
    const command = '["/bin/sh","-c","psql < dump"]';
    const keys = { command, container: "pg", onError: "Fail", execTimeout: "1m30s", waitTimeout: "5m" };
    expect(readExecHook(podWith({ ...keys, waitForReady: "true" }))).toMatchObject({
      container: "pg",
      command: ["/bin/sh", "-c", "psql < dump"],
      onError: "Fail",
      execTimeoutSeconds: 90,
      waitTimeoutSeconds: 300,
      waitForReady: true,
    });
  });

  it("is none without a command, whatever else they say", () => {
    expect(readExecHook(podWith({ container: "pg", onError: "Fail" }))).toBeUndefined();
  });

  it.each(["[not json", '["a", 1]', "psql -c 1"])("is one word where %s is no list of words", (command) => {
    expect(readExecHook(podWith({ command }))?.command).toEqual([command]);
  });

  it("says which of them it cannot understand, and goes by the defaults", () => {
    const hook = readExecHook(
      podWith({ command: "a", onError: "fail", execTimeout: "soon", waitTimeout: "0", waitForReady: "yes" }),
    );
    expect(hook).toMatchObject({ onError: "Continue", execTimeoutSeconds: 30, waitForReady: false });
    expect(hook?.remarks.map((remark) => remark.split(" ")[0])).toEqual([
      restoreHookKeys.onError,
      restoreHookKeys.execTimeout,
      restoreHookKeys.waitForReady,
    ]);
  });

  it("tells whether its container is there", () => {
    const hook = readExecHook(podWith({ command: "a", container: "sidecar" }));
    expect(hook && hasContainer(podWith({}), hook)).toBe(false);
  });
});

test("a command is named by its program, never by its arguments", () => {
  expect(programName(["/usr/bin/mysql", "-psecret"])).toBe("/usr/bin/mysql");
  expect(programName(["mysql -psecret"])).not.toContain("secret");
});

describe("an init container's hook", () => {
  const keys = { initImage: "tools:1", initCommand: '["fill","/data"]' };
  const same = (image: string) => image;

  it("comes before all others, once", () => {
    const pod = podWith({ ...keys, initName: "first" }, { initContainers: [{ name: "own" }] });
    const changed = withInitHook(pod, (image) => `mirror/${image}`);
    expect(changed).toMatchObject({
      spec: {
        initContainers: [
          { name: "first", image: "mirror/tools:1", command: ["fill", "/data"] },
          { name: "own" },
        ],
      },
    });
    expect(withInitHook(changed, same)).toBe(changed);
  });

  it("is not put in beside the one that Velero had made up a name for", () => {
    const pod = podWith(keys, { initContainers: [{ name: "velero-restore-init-1a2b3c4d" }] });
    expect(withInitHook(pod, same)).toBe(pod);
  });

  it("runs what its image runs where no command is named", () => {
    const changed = withInitHook(podWith({ initImage: "tools:1" }), same);
    expect(changed["spec"]).toMatchObject({
      initContainers: [{ name: "velero-restore-init-hook", image: "tools:1" }],
    });
    expect(JSON.stringify(changed)).not.toContain("command");
  });

  it("counts for nothing when a live pod is compared with the backup's", () => {
    const pod = podWith(keys);
    expect(withoutInitHook(withInitHook(pod, same))).toEqual(pod);
    const own = podWith(keys, { initContainers: [{ name: "own" }] });
    expect(withoutInitHook(withInitHook(own, same))).toEqual(own);
  });

  it("is none without an image", () => {
    expect(readInitHook(podWith({ initCommand: "fill" }))).toBeUndefined();
  });
});
