/**
 * webhook: the guard. An AdmissionReview comes in, a decision goes out; what it decides lies in core/protection, what it
 * knows in a location. Its one rule: whatever goes wrong, a protected namespace stays. This file is the only one that
 * reads the environment.
 */
import * as z from "zod";
import { durationSetting, limitsOf, limitVariables } from "#core/guard/guard-limits.ts";
import { GUARD } from "#core/model/guard.ts";

const environment = z.object({
  GUARD_CONFIG: z.string().default("/etc/kubectl-backup/config.yaml"),
  GUARD_PORT: z.coerce.number().int().min(0).max(65_535).default(GUARD.port),
  GUARD_BIND: z.string().default("0.0.0.0"),
  GUARD_NAMESPACE: z.string().default(GUARD.namespace),
  GUARD_SERVICE: z.string().default(GUARD.name),
  GUARD_WEBHOOK_CONFIGURATION: z.string().default(GUARD.name),
  GUARD_TLS_SECRET: z.string().default(GUARD.tlsSecret),
  GUARD_TLS_FOLDER: z.string().optional(),
  /** PEM of who signs the certificates that API servers show; absent: whoever asks is answered. */
  GUARD_CLIENT_CA: z.string().optional(),
  ...limitVariables,
  GUARD_REFRESH: durationSetting.prefault("60s"),
  /** How fast archives are read to compare them with their digests; 0: not at all. */
  GUARD_CHECK_MIB_PER_SECOND: z.coerce.number().min(0).default(16),
  GUARD_LOG_LEVEL: z.enum(["debug", "info", "warn", "error"]).default("info"),
});

export type Settings = ReturnType<typeof readSettings>;

/** Throws an Error that names each variable which cannot be understood. */
export function readSettings(env: NodeJS.ProcessEnv) {
  const read = environment.safeParse(env);
  if (!read.success) {
    throw new Error(read.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  }
  const { data } = read;
  return {
    configFile: data.GUARD_CONFIG,
    port: data.GUARD_PORT,
    bind: data.GUARD_BIND,
    refreshSeconds: data.GUARD_REFRESH,
    checkedMibPerSecond: data.GUARD_CHECK_MIB_PER_SECOND,
    logLevel: data.GUARD_LOG_LEVEL,
    clientAuthorityFile: data.GUARD_CLIENT_CA,
    certificates: {
      namespace: data.GUARD_NAMESPACE,
      service: data.GUARD_SERVICE,
      webhookConfiguration: data.GUARD_WEBHOOK_CONFIGURATION,
      tlsSecret: data.GUARD_TLS_SECRET,
      tlsFolder: data.GUARD_TLS_FOLDER,
    },
    protection: limitsOf(data),
  };
}
