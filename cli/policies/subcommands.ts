import { type Call, type Subcommand, withSubcommands } from "../subcommands.ts";

const table: Record<string, Subcommand<Call>> = {
  list: {
    usage: "list",
    summary: "every policy: percent of people, recommendations, positive and negative answers",
    flags: {},
    args: [0, 0],
    run: async (call) => (await import("./run-list.ts")).run(call),
  },
  rollout: {
    usage: "rollout POLICY=PERCENT…",
    summary: "shares people out anew; percents sum to 100, a policy that is not named gets none",
    flags: {},
    args: [1, 16],
    run: async (call) => (await import("./run-rollout.ts")).run(call),
  },
};

export const policies = withSubcommands<Call>({
  command: "policies",
  summary: "the ways to rank side by side: how they do, and who gets which",
  table,
  footer: "Each takes --json and --help. They ask the mesh that runs in FLASHFIT_HOME.",
  perform: (call, run) => run(call),
});
