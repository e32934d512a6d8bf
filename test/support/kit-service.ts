/** The smallest service: what `run.test.ts` starts as a process. TEST_SET_UP says how its start goes. */
import process from "node:process";
import { z } from "zod";
import { commonSettings, portSetting } from "../../services/kit/config.ts";
import { currentCall } from "../../services/kit/context.ts";
import { implement, runService } from "../../services/kit/run.ts";
import { ConformanceService } from "../conformance/gen/connectrpc/conformance/v1/service_pb.ts";

await runService({
  name: "fixture",
  config: z.object({
    ...commonSettings,
    FIXTURE_PORT: portSetting(0, "RPC port"),
    TEST_SET_UP: z.enum(["well", "fails", "crashes"]).default("well").describe("how the start goes"),
  }),
  listen: (config) => ({ host: "127.0.0.1", port: config.FIXTURE_PORT, metricsPorts: [0, 0] }),
  services: [ConformanceService],
  async setUp({ log, onStop, signal }, config) {
    if (config.TEST_SET_UP === "fails") throw new Error("the model pack is not there: run npm start once");
    if (config.TEST_SET_UP === "crashes") setTimeout(() => Promise.reject(new Error("nobody caught this")), 10);
    onStop(() => log.info({ event: "released", draining: signal.aborted }, "first registered"));
    onStop(() => Promise.reject(new Error("cannot be released")));
    return [
      implement(ConformanceService, {
        /** Answers after 300 ms, so that a drain has something to wait for. */
        async unary() {
          log.info({ event: "call_began" }, "a call");
          await new Promise((resolve) => setTimeout(resolve, 300));
          log.info({ event: "call_ended", claims: currentCall()?.claims }, "a call");
          return {};
        },
      }),
    ];
  },
});
process.exitCode = 99; // runService ends the process itself
