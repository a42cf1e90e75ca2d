import { Failure } from "#core/model/errors.ts";
import type { AccessOptions } from "./access.ts";
import { type CredentialSource, fixedCredential } from "./credential.ts";
import { basic, bearer } from "./header.ts";
import type { ExecEntry, UserEntry } from "./kubeconfig.ts";
import type { Chosen } from "./kubeconfig-select.ts";

interface Circumstances {
  readonly options: AccessOptions;
  readonly ca: string | undefined;
}

/** The one that kubectl would use, beside a certificate in files. What a kind of user needs is loaded only for it. */
export async function chooseCredential(chosen: Chosen, around: Circumstances): Promise<CredentialSource> {
  const source = await identity(chosen, around);
  const { clientCertificate, clientKey } = chosen.user;
  if (clientCertificate === undefined || clientKey === undefined) return source;
  const { certificateFilesCredential, certificateFilesOf, joinedCredential } = await import(
    "./certificate-files.ts"
  );
  const files = certificateFilesOf(chosen.user);
  if (files === undefined) return source;
  return joinedCredential(certificateFilesCredential(files, around.options.now ?? Date.now), source);
}

/** A token goes before a plugin. */
async function identity(chosen: Chosen, around: Circumstances): Promise<CredentialSource> {
  const { user } = chosen;
  const now = around.options.now ?? Date.now;
  if (user.exec && user.authProvider) {
    throw new Failure("kubeconfig-broken", "the user has exec and auth-provider: only one can hold");
  }
  if (user.tokenFile) {
    const { tokenFileCredential } = await import("./token-file.ts");
    return tokenFileCredential(user.tokenFile, user.token, now);
  }
  const written = writtenCredential(user);
  if (written) return written;
  if (user.exec) return await pluginCredential(user.exec, chosen, around);
  if (user.authProvider) {
    const { authProviderCredential } = await import("./auth-provider.ts");
    return authProviderCredential(user.authProvider, now);
  }
  return fixedCredential({});
}

function writtenCredential(user: UserEntry): CredentialSource | undefined {
  if (user.token) return fixedCredential({ authorization: bearer(user.token) });
  if (!user.username && !user.password) return undefined;
  return fixedCredential({ authorization: basic(user.username ?? "", user.password ?? "") });
}

async function pluginCredential(
  entry: ExecEntry,
  { cluster }: Chosen,
  { options, ca }: Circumstances,
): Promise<CredentialSource> {
  const [{ execCredential }, { permittedCommand, readPluginPolicy }] = await Promise.all([
    import("./exec-credential.ts"),
    import("./plugin-policy.ts"),
  ]);
  const { env, interactive, now = Date.now } = options;
  const command = await permittedCommand(entry.command, await readPluginPolicy(env), env);
  return execCredential({ ...entry, command }, { cluster, ca, env, interactive, now });
}
