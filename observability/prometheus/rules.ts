import type { AlertRule, RuleGroup } from "./rule.ts";
import { machine } from "./rules/machine.ts";
import { monitoring } from "./rules/monitoring.ts";
import { recorded } from "./rules/recorded.ts";
import { requests } from "./rules/requests.ts";
import { services } from "./rules/services.ts";
import { stores } from "./rules/stores.ts";

/** Every rule of the mesh, by theme. */
export const ruleGroups: RuleGroup[] = [recorded, machine, services, requests, stores, monitoring];

/** Every alert: one with two thresholds is in it twice. */
export const alertRules: AlertRule[] = ruleGroups.flatMap(({ rules }) => rules.filter((rule) => "alert" in rule));
