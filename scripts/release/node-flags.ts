/**
 * What the program runs with; V8 refuses code that was compiled under other flags. Semi-spaces of 8 MiB keep the
 * short-lived buffers of a streaming run out of the old generation without costing memory;
 * core/flow/buffer-garbage.ts says what --expose-gc is for.
 */
export const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--expose-gc", "--max-semi-space-size=8"];
