import type { Cluster, ItemBatch, ListRequest, ListSummary } from "./cluster.ts";

/** Reads a list to its end, batch by batch; whatever `take` throws closes the request. */
export async function drainList(
  cluster: Cluster,
  request: ListRequest,
  take: (batch: ItemBatch) => Promise<void> | undefined,
): Promise<ListSummary> {
  const batches = cluster.list(request);
  try {
    for (;;) {
      const step = await batches.next();
      if (step.done === true) return step.value;
      await take(step.value);
    }
  } catch (error) {
    // Nobody reads the value that a generator broken off returns, so it need not be a summary.
    await batches.return(undefined as unknown as ListSummary);
    throw error;
  }
}
