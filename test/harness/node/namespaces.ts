// A node lives in network, mount and process namespaces of its own, as a node of kind does. What it makes there (mounts,
// interfaces, iptables chains, containers with their shims) is gone with the one process that holds them, even if that is
// killed; and several nodes live side by side.
import type { ServerProcess } from "#test/harness/processes.ts";
import { startProcess, waitUntilReady } from "#test/harness/processes.ts";
import { runCommand } from "#test/harness/run-command.ts";

export type NodeNamespaces = {
  readonly holder: ServerProcess;
  /** The command line that runs what follows it inside. */
  readonly enter: readonly string[];
};

/** Where the cluster's folder lies inside. Short, since the path of a socket may have no more than 107 characters. */
export const INSIDE = "/run/cluster";

// The kubelet sets these for the whole machine unless it finds them as it wants them (setupKernelTunables in its
// pkg/kubelet/cm). Inside, it reads files of ours instead, and the machine keeps its values.
const KERNEL_TUNABLES = {
  "vm/overcommit_memory": "1",
  "vm/panic_on_oom": "0",
  "kernel/panic": "10",
  "kernel/panic_on_oops": "1",
  "kernel/keys/root_maxkeys": "1000000",
  "kernel/keys/root_maxbytes": "25000000",
};

// The first process inside: all others end when it does. What is written to /run stays in memory, what is written to /var
// (the logs of containers, the state of CNI) too, above the machine's own. -n: else mount makes a folder in the machine's /run.
const INIT = `
set -e
mount -n -t proc proc /proc
mount -n --make-rshared /
mount -n -t tmpfs -o mode=755 tmpfs /run
mkdir -p ${INSIDE} /run/lock /run/var/upper /run/var/work /run/tunables
mount --bind . ${INSIDE}
mount -t overlay -o lowerdir=/var,upperdir=/run/var/upper,workdir=/run/var/work overlay /var
for tunable in "$@"; do
  file=/run/tunables/$(echo "\${tunable%=*}" | tr / .)
  echo "\${tunable#*=}" >"$file"
  mount --bind "$file" "/proc/sys/\${tunable%=*}"
done
touch /run/ready
sleep infinity &
wait $!
`;

// unshare --fork does not let go at SIGTERM, so the first process inside is started and ended by this shell.
const HOLDER = `
init=$1; shift
sh -c "$init" init "$@" &
init=$!
trap 'kill -KILL $init; wait $init' TERM
wait $init
`;

/** Opens the namespaces; the cluster's folder appears in them as INSIDE. */
export async function openNamespaces(site: {
  readonly directory: string;
  readonly lifetime: "parent" | "own";
}): Promise<NodeNamespaces> {
  const tunables = Object.entries(KERNEL_TUNABLES).map(([name, value]) => `${name}=${value}`);
  const holder = await startProcess({
    name: "node",
    command: "unshare",
    args: [
      "--net",
      "--mount",
      "--pid",
      `--wd=${site.directory}`,
      "sh",
      "-c",
      HOLDER,
      "holder",
      INIT,
      ...tunables,
    ],
    ...site,
  });
  const enter = [
    ...["nsenter", `--target=${holder.pid}`, "--net", "--mount"],
    // Those of its children: the holder itself stays in the machine's process namespace.
    ...[`--pid=/proc/${holder.pid}/ns/pid_for_children`, "--"],
  ];
  try {
    await waitUntilReady(holder, () => runInside(enter, ["test", "-e", "/run/ready"]).then(() => true));
  } catch (error) {
    await holder.stop();
    throw error;
  }
  return { holder, enter };
}

/** Runs a command inside, to its end; gives its stdout. */
export function runInside(enter: NodeNamespaces["enter"], command: readonly string[]): Promise<string> {
  const [program = "", ...args] = [...enter, ...command];
  return runCommand(program, args);
}
