import type { DescService } from "@bufbuild/protobuf";
import { z } from "zod";
import { commonSettings } from "../../services/kit/config.ts";
import { type Implementation, runService } from "../../services/kit/run.ts";

/** A service of the kit with nothing behind it, on any free port: what a call costs before anything is done for it. */
export function serveEcho(service: DescService, implementation: Implementation): Promise<void> {
  return runService({
    name: "echo",
    config: z.object(commonSettings),
    listen: () => ({ host: "127.0.0.1", port: 0, metricsPorts: [0] }),
    services: [service],
    setUp: async () => [implementation],
  });
}
