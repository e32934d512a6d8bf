import { Counter, Gauge, type Registry } from "prom-client";

/** Says how fresh the replica of what was learned is. */
export interface LearnedMetrics {
  /** The stream is open and has said something, or it is not. */
  connected(now: boolean): void;
  /** The stream said something: learned so far is this entry of the log. */
  told(seq: bigint): void;
  /** A profile was needed. */
  profile(outcome: "hit" | "miss"): void;
  /** @param size how many profiles are kept */
  cached(size: () => number): void;
}

export function createLearnedMetrics(registry: Registry, nowMs = () => performance.now()): LearnedMetrics {
  let toldAt = nowMs();
  const open = new Gauge({
    name: "fusion_learning_connected",
    help: "1 while Feedback tells what is learned, else 0.",
    registers: [registry],
  });
  const seq = new Gauge({
    name: "fusion_learning_seq",
    help: "The last entry of the log that what is known here was learned from.",
    registers: [registry],
  });
  new Gauge({
    name: "fusion_learning_age_seconds",
    help: "Since Feedback last said what is learned; from the start of the process if it never did.",
    registers: [registry],
    collect() {
      this.set((nowMs() - toldAt) / 1000);
    },
  });
  const profiles = new Counter({
    name: "fusion_profile_requests_total",
    help: "Profiles that were needed: kept here (hit), or asked of Feedback (miss).",
    labelNames: ["outcome"],
    registers: [registry],
  });
  const counts = { hit: profiles.labels({ outcome: "hit" }), miss: profiles.labels({ outcome: "miss" }) };
  return {
    connected: (now) => open.set(now ? 1 : 0),
    told(learnedSeq) {
      toldAt = nowMs();
      seq.set(Number(learnedSeq));
    },
    profile: (outcome) => counts[outcome].inc(),
    cached(size) {
      new Gauge({
        name: "fusion_profile_cache_entries",
        help: "Profiles that are kept.",
        registers: [registry],
        collect() {
          this.set(size());
        },
      });
    },
  };
}
