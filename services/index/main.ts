import { availableParallelism } from "node:os";
import process from "node:process";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { ConfigError, EXIT_CONFIG } from "../kit/config.ts";
import { connectDatabase, waitForDatabase } from "../kit/database.ts";
import { migrate } from "../kit/migrate.ts";
import { implement, runService } from "../kit/run.ts";
import { checkMetrics } from "./change-log.ts";
import { chooseEngine, starters } from "./choose-engine.ts";
import { indexConfig, parseModels } from "./config.ts";
import { addEngineInfo } from "./engine-info.ts";
import { IndexEvents } from "./events.ts";
import { keepWatch } from "./health/keep-watch.ts";
import { Peers } from "./health/peers.ts";
import { watchIndex } from "./health/watch.ts";
import { keepSnapshots } from "./keep-snapshots.ts";
import { ScanPool } from "./kernel/scan-pool.ts";
import { logEvents } from "./log-events.ts";
import { createIndexMetrics } from "./metrics.ts";
import { keepPruned } from "./prune.ts";
import { createReplica, loadReplica } from "./replica.ts";
import { createIndexService } from "./service.ts";
import { collectIndexYoungOften } from "./young-collections.ts";

/** Time between two looks at what the change log may forget. */
const PRUNE_MS = 60_000;
/** Time between two looks at the health, and between two words to the other replicas. */
const LOOK_MS = 1000;

collectIndexYoungOften();
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
    await checkMetrics(sql, parseModels(config.INDEX_MODELS));
    const engine = await chooseEngine(config.INDEX_ENGINE, starters(config, log)).catch((error: Error) => {
      if (!(error instanceof ConfigError)) throw error;
      console.error(error.message);
      process.exit(EXIT_CONFIG);
    });
    const { name, version, source, reason } = engine;
    log.info({ event: "engine", engine: name, version, source, reason }, `large indices are searched with ${name}`);
    context.onStop(() => engine.engine?.close());
    addEngineInfo(context.metrics, engine);
    const scanner = new ScanPool(config.INDEX_THREADS === undefined ? {} : { threads: config.INDEX_THREADS });
    context.onStop(() => scanner.close());
    const events = new IndexEvents();
    logEvents(events, log);
    const { store, tail, snapshots } = createReplica({ sql, config, engine, scanner, events, log, signal });
    context.onStop(() => store.close());
    const snapshotEveryMs = config.INDEX_SNAPSHOT_INTERVAL_SECONDS * 1000;
    const metrics = createIndexMetrics(context.metrics, store, tail, events);
    const peers = new Peers({ sql, everyMs: LOOK_MS, nowMs: () => performance.now() });
    const watch = watchIndex({
      ...{ registry: context.metrics, store, log, events, tail, peers, signal },
      ...(snapshots && { snapshotEveryMs }),
      serving: {
        ...{ health: context.health, service: IndexService.typeName },
        ...{ low: config.INDEX_UNHEALTHY_PERCENT / 100, high: config.INDEX_HEALTHY_PERCENT / 100 },
        holdMs: config.INDEX_HEALTH_HOLD_MS,
      },
      recall: {
        ...{ share: config.INDEX_RECALL_PERCENT / 100, cpuMsPerSecond: config.INDEX_RECALL_CPU_MS },
        threads: availableParallelism(),
      },
    });
    events.on("snapshot", (event) => {
      if (event.kind === "restored") watch.snapshots.restored(event.info);
    });
    await loadReplica({ tail, snapshots }, log);
    // A rejection here is a defect or a broken log; runService ends the process, and the next start loads afresh.
    const following = tail.follow();
    const pruning = keepPruned({ sql, log, signal, keep: config.INDEX_KEEP_CHANGES, everyMs: PRUNE_MS });
    const watching = keepWatch({
      ...{ look: watch.look, peers, applied: () => store.applied.value, log, everyMs: LOOK_MS, signal },
    });
    context.onStop(() => watching);
    context.onStop(() => following);
    context.onStop(() => pruning);
    if (snapshots) {
      const lastMs = config.DRAIN_MS;
      const keeping = keepSnapshots({ snapshots, store, events, everyMs: snapshotEveryMs, lastMs, signal });
      context.onStop(() => keeping);
    }
    const parts = { sql, store, tail, metrics, events, engine, snapshots };
    return [implement(IndexService, createIndexService(parts))];
  },
});
