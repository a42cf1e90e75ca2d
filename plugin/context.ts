import { homedir, tmpdir } from "node:os";
import { join } from "node:path";
import type { Catalog } from "#core/catalog/catalog.ts";
import type { Cluster } from "#core/kube/cluster.ts";
import { Failure } from "#core/model/errors.ts";
import type { RunContext } from "#core/model/run-context.ts";
import type { Selection } from "#core/model/selection.ts";
import type { App } from "./app.ts";
import type { FlagValues } from "./command.ts";
import type { clusterFlags, locationFlag, selectionFlags } from "./flags.ts";
import { TOOL_VERSION } from "./tool-version.ts";

/** The composition root: flags and environment → cluster, catalog, run context. Heavy parts are loaded here, on demand. */
