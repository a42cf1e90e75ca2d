import { describe, expect, test } from "vitest";
import { Failure } from "#core/model/errors.ts";
import { commands } from "#plugin/commands.ts";
import { afterLocationCheck, completeHint } from "#plugin/ui/hint.ts";

const S3 = "s3://b/x?endpoint=http://h:1&pathStyle=true";

function hintFor(hint: string, ...argv: string[]): string {
  return completeHint(hint, argv, commands);
}

describe("what a hint suggests works as it is pasted", () => {
  test("a command about backups keeps the location that was given", () => {
    expect(hintFor("kubectl backup get lists the backups", "describe", "b1", `--location=${S3}`)).toBe(
      `kubectl backup get --location '${S3}' lists the backups`,
    );
    expect(
      hintFor("kubectl backup get lists the backups", "describe", "b1", "--storage-location", "lab"),
    ).toBe("kubectl backup get --location lab lists the backups");
  });

  test("testing a location names the location", () => {
    expect(hintFor("kubectl backup location check tests it step by step", "get", "--location", S3)).toBe(
      `kubectl backup location check '${S3}' tests it step by step`,
    );
    expect(hintFor("check the rights: kubectl backup location check", "get")).toBe(
      "check the rights: kubectl backup location check",
    );
  });

  test("rights are asked for the same cluster and selection, of the verb that lacked them", () => {
    const rights = "kubectl backup rbac backup prints the rights that are needed";
    expect(hintFor(rights, "create", "b1", "-n", "shop", "--kubeconfig", "k.yaml")).toBe(
      "kubectl backup rbac backup -n shop --kubeconfig k.yaml prints the rights that are needed",
    );
    expect(hintFor(rights, "restore", "b1", "--namespace=shop", "--context", "east")).toBe(
      "kubectl backup rbac restore -n shop --context east prints the rights that are needed",
    );
  });

  test("kubectl's own commands get the cluster, and no flag that they do not know", () => {
    expect(
      hintFor("kubectl cluster-info tests the same address", "create", "--context", "east", "--location", S3),
    ).toBe("kubectl cluster-info --context east tests the same address");
    expect(
      hintFor("kubectl config get-contexts lists them", "create", "--context", "e", "--kubeconfig", "it's"),
    ).toBe("kubectl config get-contexts --kubeconfig 'it'\\''s' lists them");
  });

  test("a token is never repeated, and words after -- are no flags", () => {
    const hint = "kubectl auth whoami tests the same credentials";
    expect(hintFor(hint, "get", "--token", "hush", "--token=hush", "--", "--context", "east")).toBe(hint);
  });

  test("get's --cluster, which means another thing, is not mixed up with kubeconfig's", () => {
    expect(hintFor("kubectl backup get lists the backups", "restore", "b", "--cluster", "c1")).toBe(
      "kubectl backup get lists the backups",
    );
  });

  test("the help that is meant is that of the command", () => {
    const hint = "run the command with --help";
    expect(hintFor(hint, "location", "add", "x")).toBe("kubectl backup location add --help");
    expect(hintFor(hint, "nonsense")).toBe("kubectl backup --help");
  });

  test("a hint that names the flag already stays as it is", () => {
    const whole = "kubectl backup create -n shop --location lab";
    expect(hintFor(whole, "-n", "shop", "create", "--location", "lab")).toBe(whole);
    expect(hintFor("kubectl backup get --help", "get", "--context", "east")).toBe(
      "kubectl backup get --help",
    );
  });
});

test("whoever has just tested a location is not told to test it", () => {
  const codes = ["location-unreachable", "location-forbidden", "location-error"] as const;
  for (const code of codes) {
    const hint = afterLocationCheck(new Failure(code, "it did not work"));
    expect(hint).not.toBe("");
    expect(hint).not.toContain("location check");
  }
  const [unreachable, , error] = codes.map((code) =>
    afterLocationCheck(new Failure(code, "it did not work")),
  );
  expect(`${unreachable}\n${error}`, "of a folder too").toMatch(
    /server or disk.*\bs3:\/\/.*\n.*server or disk/,
  );
  expect(afterLocationCheck(new Failure("location-missing", "no bucket"))).toBe(
    "create the bucket or folder first",
  );
  expect(afterLocationCheck(new Failure("location-error", "odd", { hint: "check the owner" }))).toBe(
    "check the owner",
  );
});
