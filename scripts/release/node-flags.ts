/**
 * What the program runs with; V8 refuses code that was compiled under other flags, but for a few that it does not count:
 * heap sizes, the seed. Semi-spaces of 8 MiB keep the short-lived buffers of a streaming run out of the old generation
 * without costing memory.
 */
export const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--max-semi-space-size=8"];
