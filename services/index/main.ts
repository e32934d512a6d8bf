import { availableParallelism } from "node:os";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { connectDatabase, waitForDatabase } from "../kit/database.ts";
import { migrate } from "../kit/migrate.ts";
import { implement, runService } from "../kit/run.ts";
import { checkMetrics } from "./change-log.ts";
import { indexConfig, parseModels } from "./config.ts";
import { IndexEvents } from "./events.ts";
import { keepWatch } from "./health/keep-watch.ts";
import { Peers } from "./health/peers.ts";
import { watchIndex } from "./health/watch.ts";
import { ScanPool } from "./kernel/scan-pool.ts";
import { createIndexMetrics } from "./metrics.ts";
import { keepPruned } from "./prune.ts";
import { createIndexService } from "./service.ts";
import { ItemStore } from "./store.ts";
import { Tail } from "./tail.ts";
import { VectorIndex } from "./vectors/vector-index.ts";

/** Time between two looks at what the change log may forget. */
const PRUNE_MS = 60_000;
/** Time between two looks at the health, and between two words to the other replicas. */
const LOOK_MS = 1000;

await runService({
  name: "index",
  config: indexConfig,
  listen: (config) => ({
    host: config.INDEX_HOST,
    port: config.INDEX_PORT,
    metricsPorts: [config.INDEX_METRICS_PORT, config.FAISS_METRICS_PORT],
  }),
  services: [IndexService],
  describe: [EncoderService, FusionService, WardrobeService, FeedbackService],
  async setUp(context, config) {
    const { log, signal } = context;
    const sql = connectDatabase(config, context);
    await waitForDatabase(sql, signal);
    await migrate(sql, [{ service: "index", folder: new URL("./schema/", import.meta.url) }]);
    const models = parseModels(config.INDEX_MODELS);
    await checkMetrics(sql, models);
    const scanner = new ScanPool();
    context.onStop(() => scanner.close());
    const events = new IndexEvents();
    const store = new ItemStore({
      models,
      createVectors: (options) =>
        new VectorIndex({
          ...options,
          onEvent: (event) => events.tell("vectors", { index: options.name, event }),
          scanner,
        }),
    });
    const tail = new Tail({ sql, store, log, signal, pollMs: config.INDEX_POLL_MS });
    const metrics = createIndexMetrics(context.metrics, store, tail, events);
    const peers = new Peers({ sql, everyMs: LOOK_MS, nowMs: () => performance.now() });
    const watch = watchIndex({
      ...{ registry: context.metrics, store, log, events, tail, peers, signal },
      serving: {
        ...{ health: context.health, service: IndexService.typeName },
        ...{ low: config.INDEX_UNHEALTHY_PERCENT / 100, high: config.INDEX_HEALTHY_PERCENT / 100 },
      },
      recall: {
        ...{ share: config.INDEX_RECALL_PERCENT / 100, cpuMsPerSecond: config.INDEX_RECALL_CPU_MS },
        threads: availableParallelism(),
      },
    });
    await tail.catchUp();
    // A rejection here is a defect or a broken log; runService ends the process, and the next start loads afresh.
    const following = tail.follow();
    const pruning = keepPruned({ sql, log, signal, keep: config.INDEX_KEEP_CHANGES, everyMs: PRUNE_MS });
    const watching = keepWatch({
      ...{ look: watch.look, peers, applied: () => store.applied.value, log, everyMs: LOOK_MS, signal },
    });
    context.onStop(() => watching);
    context.onStop(() => following);
    context.onStop(() => pruning);
    return [implement(IndexService, createIndexService({ sql, store, metrics, events }))];
  },
});
