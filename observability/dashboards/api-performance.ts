import { dashboard } from "./kit/dashboard.ts";
import { database } from "./rows/database.ts";
import { envoy } from "./rows/envoy.ts";
import { errors } from "./rows/errors.ts";
import { requests, responseTimes } from "./rows/requests.ts";
import { throughput } from "./rows/throughput.ts";

/** How fast and how well answers are given, from the edge down to the database. */
export const apiPerformance = dashboard({
  uid: "api-performance",
  title: "API Performance",
  description: "Requests, response times, errors and throughput of all services; Envoy; the database.",
  refresh: "10s",
  byService: true,
  rows: [requests, responseTimes, errors, throughput, envoy, database],
});
