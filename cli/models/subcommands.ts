import { type Call, type Subcommand, withSubcommands } from "../subcommands.ts";
import { type ModelsSettings, modelsSettings } from "./settings.ts";

/** What a subcommand works with. */
export interface Job extends Call {
  settings: ModelsSettings;
}

const text = { type: "string" } as const;

const table: Record<string, Subcommand<Job>> = {
  list: {
    usage: "list",
    summary: "every version: state, variants, dimensions, size",
    flags: {},
    args: [0, 0],
    run: async (job) => (await import("./run-list.ts")).run(job),
  },
  pull: {
    usage: "pull OWNER/NAME[@REVISION] [--as NAME] [--version V] [--variant fp32,int8]",
    summary: "from the Hugging Face hub (HF_ENDPOINT, HF_TOKEN); interrupted, run it again",
    flags: { as: text, version: text, variant: text },
    args: [1, 1],
    run: async (job) => (await import("./run-pull.ts")).run(job),
  },
  add: {
    usage: "add FOLDER --as NAME [--version V]",
    summary: "copy an export, checked, into the models",
    flags: { as: text, version: text },
    args: [1, 1],
    run: async (job) => (await import("./run-pull.ts")).runAdd(job),
  },
  activate: {
    usage: "activate NAME VERSION",
    summary: "the version that answers from now on; no call fails",
    flags: {},
    args: [2, 2],
    run: async (job) => (await import("./run-activate.ts")).run(job),
  },
  rollback: {
    usage: "rollback NAME",
    summary: "the version below the one that answers",
    flags: {},
    args: [1, 1],
    run: async (job) => (await import("./run-activate.ts")).runRollback(job),
  },
  remove: {
    usage: "remove NAME VERSION",
    summary: "delete a version that does not answer",
    flags: {},
    args: [2, 2],
    run: async (job) => (await import("./run-list.ts")).runRemove(job),
  },
  verify: {
    usage: "verify [NAME [VERSION]] [--photos DIR]",
    summary:
      "checksums, graphs, golden vectors, cosine between variants on photos (default: a drawn sample); writes nothing",
    flags: { photos: text },
    args: [0, 2],
    run: async (job) => (await import("./run-verify.ts")).run(job),
  },
  bench: {
    usage: "bench NAME [VERSION] [--threads N] [--seconds S]",
    summary: "images/s and ms by batch size, variants side by side",
    flags: { threads: text, seconds: text },
    args: [1, 2],
    run: async (job) => (await import("./run-verify.ts")).runBench(job),
  },
  cache: {
    usage: "cache clear",
    summary: "forget every answer that the Encoder has kept",
    flags: {},
    args: [1, 1],
    run: async (job) => (await import("./run-activate.ts")).runCacheClear(job),
  },
};

export const models = withSubcommands<Job>({
  command: "models",
  summary: "the Encoder's models: list, pull, add, activate, rollback, remove, verify, bench, cache clear",
  table,
  footer: "Each takes --json and --help. Models lie in MODEL_DIR (default: models/). More: docs/how-to/models.md",
  perform: (call, run) => run({ ...call, settings: modelsSettings(call.io.env) }),
});
