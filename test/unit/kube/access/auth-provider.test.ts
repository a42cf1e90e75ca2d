import { chmod, readdir, readFile, stat, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type AskProvider, authProviderCredential } from "#core/kube/access/auth-provider.ts";
import { askAuthProvider } from "#core/kube/access/client-node-auth.ts";
import type { AuthProviderEntry } from "#core/kube/access/kubeconfig.ts";
import { type Scratch, scratchDirectory } from "#test/harness/scratch.ts";

const signal = new AbortController().signal;
const HOUR = 3_600_000;
let scratch: Scratch;
beforeAll(async () => {
  scratch = await scratchDirectory("auth-provider");
});
afterAll(() => scratch.remove());

function jwt(expiresAt: number): string {
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  return `${part({ alg: "none" })}.${part({ exp: expiresAt / 1000 })}.x`;
}

let files = 0;
async function oidc(config: Record<string, string>): Promise<AuthProviderEntry> {
  files += 1;
  const file = join(scratch.path, `config-${files}`);
  const lines = Object.entries(config).map(([key, value]) => `          ${key}: ${value}`);
  const text = `# mine
users:
  - name: other
    user: { token: keep }
  - name: me # the one
    user:
      auth-provider:
        name: oidc
        config:
${lines.join("\n")}
`;
  await writeFile(file, text, { mode: 0o600 });
  return { name: "oidc", config, origin: { file, user: "me" } };
}

/** Answers as the library does: refreshes whenever the id token is not one that holds. */
function refreshing(tokens: Record<string, string | undefined>): { ask: AskProvider; asked: () => number } {
  let asked = 0;
  const ask: AskProvider = async ({ config }) => {
    asked += 1;
    if (config["id-token"] !== "none") return { authorization: `Bearer ${config["id-token"]}`, config };
    return { authorization: `Bearer ${tokens["id-token"]}`, config: { ...config, ...tokens } };
  };
  return { ask, asked: () => asked };
}

describe("an oidc user", () => {
  test("a token that holds is used as it is, and the file stays untouched", async () => {
    const entry = await oidc({ "id-token": jwt(HOUR), "refresh-token": "r1" });
    const before = await readFile(entry.origin.file, "utf8");
    const { ask, asked } = refreshing({});
    const source = authProviderCredential(entry, () => 0, ask);
    expect(await source.current(signal)).toEqual({ authorization: `Bearer ${jwt(HOUR)}` });
    await source.current(signal);
    expect(asked()).toBe(1);
    expect(await readFile(entry.origin.file, "utf8")).toBe(before);
  });

  test("a minute before its end it is refreshed and goes back into the file, which stays otherwise the same", async () => {
    const entry = await oidc({ "id-token": jwt(HOUR), "refresh-token": "r1" });
    const before = await readFile(entry.origin.file, "utf8");
    const { ask, asked } = refreshing({ "id-token": jwt(2 * HOUR), "refresh-token": "r2" });
    const source = authProviderCredential(entry, () => HOUR - 60_000, ask);
    expect(await source.current(signal)).toEqual({ authorization: `Bearer ${jwt(2 * HOUR)}` });
    await source.current(signal);
    expect(asked()).toBe(1);
    const expected = before.replace(jwt(HOUR), jwt(2 * HOUR)).replace("r1", "r2");
    expect(await readFile(entry.origin.file, "utf8")).toBe(expected);
    expect((await stat(entry.origin.file)).mode & 0o777).toBe(0o600);
    expect((await readdir(scratch.path)).filter((name) => /lock|tmp/.test(name))).toEqual([]);
  });

  test("a provider that sends no new refresh token keeps the old one", async () => {
    const entry = await oidc({ "id-token": "opaque", "refresh-token": "r1" });
    const { ask } = refreshing({ "id-token": jwt(HOUR), "refresh-token": undefined });
    const sent: (string | undefined)[] = [];
    const source = authProviderCredential(
      entry,
      () => 0,
      (asked) => {
        sent.push(asked.config["refresh-token"]);
        return ask(asked);
      },
    );
    await source.renew(await source.current(signal), signal);
    expect(sent).toEqual(["r1", "r1"]);
    expect(await readFile(entry.origin.file, "utf8")).toContain("refresh-token: r1");
  });

  test("a rejected token is refreshed although it seems to hold", async () => {
    const entry = await oidc({ "id-token": jwt(HOUR), "refresh-token": "r1" });
    const source = authProviderCredential(entry, () => 0, refreshing({ "id-token": jwt(2 * HOUR) }).ask);
    expect(await source.renew(await source.current(signal), signal)).toBe(true);
    expect(await source.current(signal)).toEqual({ authorization: `Bearer ${jwt(2 * HOUR)}` });
  });

  test("a kubeconfig behind a link is replaced where it lies", async () => {
    const entry = await oidc({ "id-token": "opaque", "refresh-token": "r1" });
    const link = join(scratch.path, "link");
    await symlink(entry.origin.file, link);
    const linked = { ...entry, origin: { file: link, user: "me" } };
    await authProviderCredential(linked, () => 0, refreshing({ "id-token": jwt(HOUR) }).ask).current(signal);
    expect(await readFile(entry.origin.file, "utf8")).toContain(jwt(HOUR));
    expect(await readFile(link, "utf8")).toContain(jwt(HOUR));
  });

  test("a new refresh token that cannot be kept is a failure, a new id token alone is not", async () => {
    const entry = await oidc({ "id-token": "opaque", "refresh-token": "r1" });
    await writeFile(`${entry.origin.file}.lock`, "");
    await chmod(entry.origin.file, 0o400);
    const rotating = refreshing({ "id-token": jwt(HOUR), "refresh-token": "r2" });
    await expect(authProviderCredential(entry, () => 0, rotating.ask).current(signal)).rejects.toMatchObject({
      code: "credentials-failed",
      message: expect.stringContaining("cannot be kept"),
    });
    const steady = refreshing({ "id-token": jwt(HOUR) });
    expect(await authProviderCredential(entry, () => 0, steady.ask).current(signal)).toBeDefined();
  });

  test("a refusal is told by OAuth's code and without the library's words", async () => {
    const entry = await oidc({ "refresh-token": "r1" });
    const ask: AskProvider = async () => {
      throw Object.assign(new Error("s3cret"), { error: "invalid_grant" });
    };
    const failing = authProviderCredential(entry, () => 0, ask).current(signal);
    await expect(failing).rejects.toMatchObject({
      message: expect.stringMatching(/oidc.*\(invalid_grant\)$/),
    });
    await expect(failing).rejects.not.toThrow("s3cret");
  });
});

describe("the library", () => {
  test("answers from tokens that hold, and leaves the entry it was given alone", async () => {
    const config = { "id-token": jwt(Date.now() + HOUR), "client-id": "c" };
    const answer = await askAuthProvider({ name: "oidc", config });
    expect(answer.authorization).toBe(`Bearer ${config["id-token"]}`);
    expect(config).not.toHaveProperty("client-secret");
    const azure = await askAuthProvider({ name: "azure", config: { "access-token": "a" } });
    expect(azure.authorization).toBe("Bearer a");
  });

  test("has no answer for an unknown provider", async () => {
    expect(await askAuthProvider({ name: "other", config: {} })).toMatchObject({ authorization: undefined });
  });
});
