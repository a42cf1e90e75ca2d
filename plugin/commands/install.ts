import type { AppliedObject } from "#core/guard/apply-guard.ts";
import type { GuardObject, GuardOptions } from "#core/guard/render-guard.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { parseDuration } from "#core/model/duration.ts";
import { Failure } from "#core/model/errors.ts";
import { GUARD } from "#core/model/guard.ts";
import type { App } from "#plugin/app.ts";
import { defineCommand } from "#plugin/command.ts";
import { guardOptions, type InstallFlags } from "#plugin/requests/guard-request.ts";
import { objectName, printObjects } from "#plugin/ui/objects.ts";
import { outputFormat, printDone } from "#plugin/ui/print.ts";
import { installFlags } from "./install-flags.ts";

export const installCommand = defineCommand({
  words: ["install"],
  summary: "Put the guard into the cluster: protected namespaces then go only with a fresh backup",
  description:
    "Applies what manifests/ describes by server-side apply and waits until the guard answers a self-test. Only namespaces with the label kubectl-backup.io/protect depend on it. Run again to change or update it.",
  flags: installFlags,
  examples: [
    {
      command:
        "kubectl backup install --location 's3://bucket/prefix?region=eu-central-1' --read-credentials secret/bucket-reader --image registry.example/kubectl-backup@sha256:…",
      meaning: "with a Secret in the namespace kubectl-backup that holds AWS_ACCESS_KEY_ID and so on",
    },
    {
      command:
        "kubectl backup install --location main --read-credentials service-account --image … --dry-run=client -o yaml > guard.yaml",
      meaning: "for GitOps: nothing is applied",
    },
    {
      command:
        "kubectl backup install --location main --read-credentials service-account --image … --host-network",
      meaning: "where the control plane does not reach the pods' network",
    },
  ],
  exitCodes: [0, 1, 2, 4, 5, 6],
  async run({ flags }, app) {
    const [{ renderGuard }, { manifestFiles }] = await Promise.all([
      import("#core/guard/render-guard.ts"),
      import("#core/guard/manifest-files.ts"),
    ]);
    const options = guardOptions(flags, await locationsOf(flags, app));
    const timeoutSeconds = parseDuration(flags.timeout ?? "3m", "--timeout");
    const objects = renderGuard(await manifestFiles(), options);
    if (flags.dryRun === "client") {
      await printObjects(app, outputFormat(flags.output), objects);
      return 0;
    }
    await install({ objects, options, timeoutSeconds }, flags, app);
    return 0;
  },
});

async function locationsOf({ location }: InstallFlags, app: App) {
  const [{ resolveLocation }, { surroundingsOf }] = await Promise.all([
    import("#core/storage/locations.ts"),
    import("#plugin/context.ts"),
  ]);
  const asked = location.length === 0 ? [undefined] : location;
  return Promise.all(asked.map((text) => resolveLocation(text, surroundingsOf(app))));
}

interface Installation {
  readonly objects: readonly GuardObject[];
  readonly options: GuardOptions;
  readonly timeoutSeconds: number;
}

async function install(asked: Installation, flags: InstallFlags, app: App): Promise<void> {
  const [{ applyGuard }, { refuseUnfit }, { openClusterFor }] = await Promise.all([
    import("#core/guard/apply-guard.ts"),
    import("#core/guard/refuse-unfit.ts"),
    import("#plugin/context.ts"),
  ]);
  const cluster = await openClusterFor(flags, app);
  try {
    app.stderr.write(`Installing into ${cluster.info.contextName} (${cluster.info.server})\n`);
    for (const warning of await refuseUnfit(asked.options, cluster, app.signal)) {
      app.stderr.write(`warning: ${warning}\n`);
    }
    const applied = await applyGuard(asked.objects, cluster, app.signal);
    await waitForAnswer(asked, cluster, app);
    await printDone(app, outputFormat(flags.output), {
      document: { objects: applied.map(documentOf), answers: true },
      names: applied.map(({ ref }) => objectName(ref)),
      text: () =>
        `${applied.map(({ ref, result }) => `${objectName(ref)} ${result}\n`).join("")}the guard answers: protect a namespace with kubectl backup protect NAME\n`,
    });
  } finally {
    cluster.close();
  }
}

async function waitForAnswer(asked: Installation, cluster: Cluster, app: App): Promise<void> {
  const [{ awaitGuard }, { explainSilence }] = await Promise.all([
    import("#core/guard/await-guard.ts"),
    import("#core/guard/explain-silence.ts"),
  ]);
  if (!app.quiet) app.stderr.write("Waiting until the guard answers…\n");
  const test = await awaitGuard(cluster, asked.timeoutSeconds, app.signal);
  if (test.answer === "answered") return;
  const said =
    "message" in test ? test.message : "the deletion of a protected namespace was not brought to it";
  const configuration = asked.objects.find(({ kind }) => kind === "ValidatingWebhookConfiguration");
  const reasons = await explainSilence(test, configuration, { cluster, signal: app.signal });
  throw new Failure(
    "timeout",
    `everything is applied, but the guard does not answer after ${asked.timeoutSeconds} s: ${said}`,
    {
      hint: [
        ...reasons,
        `kubectl backup guard status asks again; kubectl -n ${GUARD.namespace} logs deploy/${GUARD.name} shows its log`,
        "protected namespaces cannot be deleted meanwhile: kubectl backup uninstall takes it all back",
      ].join("\n"),
    },
  );
}

function documentOf({ ref, result }: AppliedObject): object {
  const { resource, namespace, name } = ref;
  return { kind: resource.kind, ...(namespace !== "" && { namespace }), name, result };
}
