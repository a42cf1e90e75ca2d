import { Counter, Gauge, Histogram, Registry } from "prom-client";

export type Metrics = ReturnType<typeof createMetrics>;

/** What a Prometheus reads of one guard. */
export function createMetrics() {
  const registry = new Registry();
  const registers = [registry];
  return {
    registry,
    decisions: new Counter({
      name: "kubectl_backup_guard_decisions_total",
      help: "Reviews answered",
      labelNames: ["verdict", "reason", "operation", "dry_run"],
      registers,
    }),
    answerSeconds: new Histogram({
      name: "kubectl_backup_guard_answer_seconds",
      help: "From a review's last byte to its answer",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5],
      registers,
    }),
    lookSeconds: new Histogram({
      name: "kubectl_backup_guard_look_seconds",
      help: "Listing one backup's folder before a deletion is allowed",
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2],
      registers,
    }),
    refreshSeconds: new Histogram({
      name: "kubectl_backup_guard_refresh_seconds",
      help: "Listing a location whole and reading what is new in it",
      buckets: [0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120],
      registers,
    }),
    indexAgeSeconds: new Gauge({
      name: "kubectl_backup_guard_index_age_seconds",
      help: "Since a location was last read whole; +Inf before the first time",
      labelNames: ["location"],
      registers,
    }),
    newestBackup: new Gauge({
      name: "kubectl_backup_guard_newest_backup_timestamp_seconds",
      help: "From when the age of a protected namespace's newest usable backup counts, claims aside; 0: there is none",
      labelNames: ["namespace"],
      registers,
    }),
    maxAgeSeconds: new Gauge({
      name: "kubectl_backup_guard_max_age_seconds",
      help: "How old a backup may be that lets a protected namespace go",
      labelNames: ["namespace"],
      registers,
    }),
    clockSkewSeconds: new Gauge({
      name: "kubectl_backup_guard_clock_skew_seconds",
      help: "How far a clock goes ahead of the API server's, negative behind it: the guard's, and each location's by its URL",
      labelNames: ["clock"],
      registers,
    }),
    certificateExpiry: new Gauge({
      name: "kubectl_backup_guard_certificate_expiry_timestamp_seconds",
      help: "When the served certificate ends",
      registers,
    }),
  };
}
