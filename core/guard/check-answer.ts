import type { Cluster } from "#core/kube/cluster.ts";
import { GUARD } from "#core/model/guard.ts";
import { type HealthCheck, healthCheck, healthy } from "#core/model/health-check.ts";
import { troubleIn } from "#core/protection/refusal-text.ts";
import { silenceReasons } from "./explain-silence.ts";
import { askGuard } from "./self-test.ts";
import { VIEWER_RIGHTS } from "./viewer-rights.ts";

/** Does it refuse what it has to refuse? Its refusal also tells whether it sees its locations. */
export function checkAnswer(cluster: Cluster, signal: AbortSignal): Promise<HealthCheck> {
  return healthCheck("answer", VIEWER_RIGHTS, async () => {
    const test = await askGuard(cluster, signal);
    switch (test.answer) {
      case "answered": {
        const trouble = troubleIn(test.message);
        if (trouble === undefined) return healthy(`it refuses a dry run of deleting ${GUARD.selfTest}`);
        const detail = `it answers, but cannot look at a location, so that it lets nothing go: ${trouble}`;
        return { state: "warning", detail, help: ["the guard's own credentials count, not yours"] };
      }
      case "failed":
        return { state: "failed", detail: test.message, help: silenceReasons(test.message) };
      case "not-asked":
        return {
          state: "failed",
          detail: "the deletion of a protected namespace was not brought to it",
          help: ["kubectl backup install puts the webhook configuration right"],
        };
      case "not-installed":
        return {
          state: "failed",
          detail: `there is no namespace ${GUARD.selfTest}, by which it is asked`,
          help: ["kubectl backup install makes it"],
        };
      case "forbidden":
        return {
          state: "unknown",
          detail: test.message,
          help: [VIEWER_RIGHTS],
        };
    }
  });
}
