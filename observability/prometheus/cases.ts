import { machineCases } from "./cases/machine.ts";
import { monitoringCases } from "./cases/monitoring.ts";
import { requestsCases } from "./cases/requests.ts";
import { servicesCases } from "./cases/services.ts";
import { storesCases } from "./cases/stores.ts";
import type { RuleCase } from "./rule-tests.ts";

/** What the alerts are expected to do, by theme: each becomes tests/<theme>.yml. */
export const ruleCases: Record<string, RuleCase[]> = {
  machine: machineCases,
  services: servicesCases,
  requests: requestsCases,
  stores: storesCases,
  monitoring: monitoringCases,
};
