import { defineConfig } from "vitest/config";

// The unit project shares one module graph between files (isolate: false): no test may leave global state behind.
// Server-backed projects run one file at a time: they share two cores with the servers they talk to, which one global
// setup starts for all of them.
const onRealServers = {
  globalSetup: ["test/harness/shared-servers.ts"],
  fileParallelism: false,
  provide: { node: false },
  testTimeout: 180_000,
  hookTimeout: 600_000,
};

export default defineConfig({
  test: {
    projects: [
      { test: { name: "unit", include: ["test/unit/**/*.test.ts"], isolate: false } },
      {
        test: {
          name: "contracts",
          include: ["test/contracts/**/*.test.ts"],
          ...onRealServers,
        },
      },
      { test: { name: "integration", include: ["test/integration/**/*.test.ts"], ...onRealServers } },
      {
        test: {
          name: "e2e",
          include: ["test/e2e/**/*.test.ts"],
          ...onRealServers,
          provide: { node: true },
        },
      },
    ],
  },
});
