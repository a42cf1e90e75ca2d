import { GUARD } from "#core/model/guard.ts";

/** For whoever may not look at a part of the guard. */
export const VIEWER_RIGHTS = `the ClusterRole ${GUARD.viewerRole} has the rights to look at the guard`;
