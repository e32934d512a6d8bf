import { dashboard } from "./kit/dashboard.ts";
import { edge } from "./rows/edge.ts";
import { health } from "./rows/health.ts";
import { indices } from "./rows/indices.ts";
import { machine } from "./rows/machine.ts";
import { postgres } from "./rows/postgres.ts";
import { processes } from "./rows/processes.ts";
import { redis } from "./rows/redis.ts";
import { use } from "./rows/use.ts";

/** The first page in an outage: is it the machine, a service, the edge, the indices or a store? */
export const systemOverview = dashboard({
  uid: "flashfit-system-overview",
  title: "FlashFit System Overview",
  description: "The whole mesh at a glance: machine, services, alerts, edge, indices, stores.",
  refresh: "5s",
  rows: [machine, health, edge, use, indices, redis, postgres, processes],
});
