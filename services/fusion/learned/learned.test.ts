import pino from "pino";
import { Registry } from "prom-client";
import t from "tap";
import { inMemoryUpstreams } from "../in-memory-upstreams.ts";
import { createLearned } from "./learned.ts";
import { createLearnedMetrics } from "./learned-metrics.ts";

t.test(
  "nothing is kept of whoever was erased, by whichever replica, nor of anybody who may have been meanwhile",
  async (t) => {
    const { feedback, replace } = inMemoryUpstreams();
    const stop = new AbortController();
    replace.feedback = {
      async *watchLearning() {
        yield { learnedSeq: 1n };
        yield { changedUserIds: ["bert"] };
        yield { changedUserIds: ["anna"], erasedUserIds: ["anna"] };
        stop.abort();
      },
    };
    const erased: (string | undefined)[] = [];
    const learned = createLearned({
      ...{ feedback, log: pino({ level: "silent" }), cacheBytes: 1000, maxAgeMs: 1000 },
      metrics: createLearnedMetrics(new Registry()),
      onErased: (userId) => erased.push(userId),
    });
    await learned.follow(stop.signal);
    t.same(erased, [undefined, "anna"]);
  },
);
