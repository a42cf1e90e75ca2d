import { spawn } from "node:child_process";
import { text } from "node:stream/consumers";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { CLI_PATH, runCli } from "#test/harness/run-cli.ts";
import { sharedCluster, uniqueName } from "#test/harness/shared.ts";
import { expectRefusal } from "./expect-refusal.ts";
import { directoryLocation, s3Location, type TestLocation } from "./test-location.ts";

const cluster = sharedCluster();
const { kubeconfigPath: kubeconfig } = cluster;
const admin = cluster.adminClient();
const namespace = uniqueName("words");
let location: TestLocation;

beforeAll(async () => {
  await admin.apply([
    { apiVersion: "v1", kind: "Namespace", metadata: { name: namespace } },
    { apiVersion: "v1", kind: "ConfigMap", metadata: { name: "settings", namespace }, data: { a: "1" } },
  ]);
});
beforeEach(async () => {
  location = await directoryLocation();
});
afterEach(() => location.remove());
afterAll(async () => {
  await admin.delete(`/api/v1/namespaces/${namespace}`);
  admin.close();
});

const inLocation = (...args: string[]) =>
  runCli([...args, "--location", location.url], { kubeconfig, env: location.env });

describe("words that mean nothing are refused before anything is opened", () => {
  test.each([
    ["an unknown command", ["craete"], /unknown command "craete"/, /create/],
    ["an unknown flag", ["create", "--namspace", "x"], /--namspace/, /--namespace/],
    ["-n and -A", ["create", "-n", "x", "-A"], /contradict/, /one of them/],
    [
      "-n and --include-namespaces",
      ["create", "-n", "x", "--include-namespaces", "y"],
      /contradict/,
      /one of them/,
    ],
    ["-l and --or-selector", ["create", "-l", "a=b", "--or-selector", "c=d"], /contradict/, /one of them/],
    ["an invalid selector", ["create", "-n", "default", "-l", "a in (b"], /a in \(b/, /./],
    ["a name in capitals", ["create", "Nightly"], /not a valid name/, /--help/],
    ["a name of 64 characters", ["create", "a".repeat(64)], /not a valid name/, /--help/],
    ["a name that leads elsewhere", ["create", "../other"], /not a valid name/, /--help/],
    ["a command word as a name", ["create", "restore"], /command word/, /--help/],
    ["a device name of Windows", ["create", "con"], /device name/, /--help/],
    ["two names", ["create", "one", "two"], /unexpected argument "two"/, /--help/],
    ["an output format that does not exist", ["get", "-o", "xml"], /xml/, /--help|table/],
    ["a page size of nothing", ["create", "--page-size", "0"], /--page-size/, /--help/],
    ["a duration that is none", ["create", "--ttl", "soon"], /soon/, /./],
    ["no backup to describe", ["describe"], /NAME is missing/, /describe --help/],
  ])("%s", async (...[, args, error, hint]) => {
    expectRefusal(await inLocation(...args), { code: 2, error, hint });
    expect(await location.contents()).toEqual([]);
  });

  test("a kind that the cluster does not have: the nearest one is offered", async () => {
    const result = await inLocation(
      "create",
      "b1",
      "-n",
      namespace,
      "--include-resources",
      "configmap,deploymnets",
    );
    expectRefusal(result, { code: 2, error: /deploymnets/, hint: /deployments/ });
    expect(await location.contents()).toEqual([]);
  });

  test("a location that is no location", async () => {
    const result = await runCli(["get", "--location", "ftp://x/y"], { kubeconfig });
    expectRefusal(result, { code: 2, error: /ftp/, hint: /file:\/\/\/folder or s3:/ });
  });

  test("credentials in a location's URL, which are not repeated", async () => {
    const url = "s3://key:hush-hush@bucket/prefix";
    const result = await runCli(["get", "--location", url], { kubeconfig });
    expectRefusal(result, { code: 2, error: /no credentials/, hint: /AWS_/, secrets: ["hush-hush"] });
  });

  test("a question that nobody can answer without a terminal", async () => {
    const made = await inLocation("create", "b1", "-n", namespace, "--include-resources", "configmaps");
    expect(made.code, made.stderr).toBe(0);
    expectRefusal(await inLocation("delete", "b1"), { code: 2, error: /confirmation/, hint: /--yes/ });
    expect((await inLocation("get", "-o", "name")).stdout).toBe("backup/b1\n");
  });
});

describe("what is not there", () => {
  test("a namespace that does not exist is not found, and nothing is stored", async () => {
    const result = await inLocation("create", "b1", "-n", "no-such-place");
    expectRefusal(result, { code: 4, error: /no namespace "no-such-place"/, hint: /kubectl get namespaces/ });
    expect(await location.contents()).toEqual([]);
  });

  test("of two namespaces of which one exists, that one is saved and the other named", async () => {
    const both = `${namespace},no-such-place`;
    const result = await inLocation("create", "b1", "--include-namespaces", both, "-o", "json");
    expect(result.code).toBe(3);
    const { errors, phase, namespaces } = JSON.parse(result.stdout);
    expect(phase).toBe("PartiallyFailed");
    expect(errors.map((one: { message: string }) => one.message).join()).toContain("no-such-place");
    expect(namespaces).toMatchObject([{ name: namespace, complete: true }]);
  });

  test.each(["describe", "logs", "delete", "get"])("a backup that %s does not find", async (command) => {
    const result = await inLocation(command, "absent", ...(command === "delete" ? ["--yes"] : []));
    expectRefusal(result, { code: 4, error: /no backup.*absent/, hint: /kubectl backup get/ });
  });

  test("a configured location of another name", async () => {
    const result = await runCli(["get", "--location", "nowhere"], { kubeconfig });
    expectRefusal(result, { code: 2, error: /"nowhere"/, hint: /location list/ });
  });
});

describe("a name that is taken", () => {
  const create = ["create", "b1", "-n", namespace, "--include-resources", "configmaps"];

  test("is refused, and the backup that has it stays as it is", async () => {
    expect((await inLocation(...create)).code).toBe(0);
    const before = await location.contents();
    expectRefusal(await inLocation(...create), {
      code: 5,
      error: /already a backup "b1"/,
      hint: /another name/,
    });
    expect(await location.contents()).toEqual(before);
  });

  test.each(["directory", "s3"])(
    "by several runs at the same moment: exactly one wins (%s)",
    async (store) => {
      const place = store === "s3" ? s3Location() : location;
      const args = [...create, "--location", place.url];
      const runs = await Promise.all(
        Array.from({ length: 4 }, () => runCli(args, { kubeconfig, env: place.env })),
      );
      expect(runs.map(({ code }) => code).sort(), runs.map(({ stderr }) => stderr).join("")).toEqual([
        0, 5, 5, 5,
      ]);
      for (const lost of runs.filter(({ code }) => code === 5)) {
        expectRefusal(lost, {
          code: 5,
          error: /already a backup|another run is at work/,
          hint: /another name/,
        });
      }
      const described = await runCli(["describe", "b1", "--location", place.url], { env: place.env });
      expect(described.code, described.stderr).toBe(0);
      expect(await place.contents()).toHaveLength(8);
      await place.remove();
    },
  );
});

describe("stdout holds data and nothing else", () => {
  test("with -o json everything that was printed there parses, failures included", async () => {
    const args = ["-n", namespace, "--include-resources", "configmaps", "-o", "json"];
    const made = await inLocation("create", "b1", ...args);
    expect(JSON.parse(made.stdout)).toMatchObject({ name: "b1", phase: "Completed" });
    expect(JSON.parse((await inLocation("get", "-o", "json")).stdout).backups).toHaveLength(1);
    expect(JSON.parse((await inLocation("describe", "b1", "-o", "json")).stdout)).toMatchObject({
      name: "b1",
    });
    const taken = await inLocation("create", "b1", ...args);
    expect(taken.stdout).toBe("");
    const told = taken.stderr.split("\n").find((line) => line.startsWith("{")) ?? "";
    expect(JSON.parse(told)).toMatchObject({ error: { code: "name-taken", exitCode: 5 } });
  });

  test("a reader that has left ends the program quietly", async () => {
    // The reader is gone long before the first word is written.
    const script = `{ "${CLI_PATH}" create --help; echo "code $?" >&2; } | true`;
    const child = spawn("/bin/sh", ["-c", script], { stdio: ["ignore", "inherit", "pipe"] });
    expect(await text(child.stderr)).toBe("code 0\n");
  });
});
