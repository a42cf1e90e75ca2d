import { Failure } from "#core/model/errors.ts";
import { PODS } from "#core/model/known-kinds.ts";
import type { Cluster, ExecEnd, ExecRequest } from "./cluster.ts";
import { objectPath } from "./resource-url.ts";
import { failureOf } from "./transport/refusal.ts";
import type { Transport } from "./transport/transport.ts";

/**
 * Remote commands as k8s.io/kubelet/pkg/cri/streaming/remotecommand has them: each message begins with the number of
 * its channel. v5 comes with 1.30 and differs only in how standard input is closed.
 */
const PROTOCOLS = ["v5.channel.k8s.io", "v4.channel.k8s.io"];
/** On it comes one Status, when the command has ended or could not begin. */
const STATUS_CHANNEL = 3;

export function execCalls(transport: Transport): Pick<Cluster, "exec"> {
  return { exec: (request) => execute(transport, request) };
}

/** What the command writes is read and dropped: it may be secret. */
async function execute(transport: Transport, request: ExecRequest): Promise<ExecEnd> {
  const { namespace, pod, signal } = request;
  const what = `running a command in pods ${namespace}/${pod}`;
  const status = Promise.withResolvers<Uint8Array>();
  const answer = await transport.openSocket({
    path: execPath(request),
    protocols: PROTOCOLS,
    // Channels are opened by messages without content.
    onMessage: (message) => {
      if (message[0] === STATUS_CHANNEL && message.length > 1) status.resolve(message.slice(1));
    },
    signal,
  });
  if (!answer.ok) throw failureOf(answer.refusal, what);
  const { closed, close } = answer.socket;
  try {
    const told = await Promise.race([status.promise, closed]);
    if (told !== undefined) return endOf(told, what);
  } catch (error) {
    throw transport.translate(error);
  } finally {
    close();
  }
  throw new Failure(
    "cluster-error",
    `${what}: the connection ended before it was said how the command ended`,
  );
}

function execPath({ namespace, pod, container, command }: ExecRequest): string {
  const query = new URLSearchParams({ container, stdout: "true", stderr: "true" });
  for (const word of command) query.append("command", word);
  return `${objectPath({ resource: PODS, namespace, name: pod }, "exec")}?${query}`;
}

/** A metav1.Status: Success, Failure with reason NonZeroExitCode, or why the command did not run. */
function endOf(message: Uint8Array, what: string): ExecEnd {
  const status = parseStatus(message);
  if (status["status"] === "Success") return { type: "exited", code: 0 };
  const code = exitCode(status);
  if (code !== undefined) return { type: "exited", code };
  if (status["status"] === "Failure") return { type: "not-run", message: textOf(status["message"]) };
  throw new Failure("cluster-error", `${what}: the server's answer is damaged`);
}

function exitCode(status: Fields): number | undefined {
  if (status["reason"] !== "NonZeroExitCode") return undefined;
  const causes = fieldsOf(status["details"])["causes"];
  if (!Array.isArray(causes)) return undefined;
  const cause = causes.map(fieldsOf).find(({ reason }) => reason === "ExitCode");
  const code = Number(textOf(cause?.["message"]));
  return Number.isInteger(code) && code > 0 ? code : undefined;
}

type Fields = Readonly<Record<string, unknown>>;

function parseStatus(message: Uint8Array): Fields {
  try {
    return fieldsOf(JSON.parse(Buffer.from(message).toString("utf8")));
  } catch {
    return {};
  }
}

function fieldsOf(value: unknown): Fields {
  // Any object can be read as a record of unknowns.
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

function textOf(value: unknown): string {
  return typeof value === "string" ? value : "";
}
