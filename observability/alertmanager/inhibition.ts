/** Alerts that only say what follows from something being down. FaissIndexUnhealthy is none of them: it names the cause. */
const SYMPTOMS = [
  "HighErrorRate",
  "LowSuccessRate",
  "SlowResponses",
  "SlowP95",
  "SlowSearch",
  "DegradedAnswers",
  "CircuitBreakerOpen",
  "DatabaseTrouble",
];

/** Who suffers, besides itself, when a part of the mesh is down. */
const SUFFERERS: Record<string, string[]> = {
  encoder: ["fusion"],
  index: ["fusion"],
  fusion: [],
  feedback: ["fusion"],
  web: [],
  monitor: [],
  envoy: ["encoder", "index", "fusion", "feedback", "web"],
  postgres: ["index", "fusion", "feedback"],
  redis: ["encoder", "fusion"],
};

interface InhibitRule {
  source_matchers: string[];
  target_matchers: string[];
  /** Labels that both have to have with the same value; one that both lack counts as the same. */
  equal?: string[];
}

/** What is not sent while something else says it already. */
export const inhibitRules: InhibitRule[] = [
  {
    source_matchers: ['severity="critical"'],
    target_matchers: ['severity="warning"'],
    equal: ["alertname", "service", "index", "path", "trouble"],
  },
  ...Object.entries(SUFFERERS).map(([service, others]) => ({
    source_matchers: ['alertname="ServiceWasDown"', `service="${service}"`], // fires with ServiceDown, ends minutes later
    target_matchers: [`alertname=~"${SYMPTOMS.join("|")}"`, `service=~"${[service, ...others].join("|")}"`],
  })),
  {
    // The monitor asks the others through Envoy.
    source_matchers: ['alertname="ServiceDown"', 'service="envoy"'],
    target_matchers: ['alertname="ServiceDown"', `service=~"${SUFFERERS.envoy?.join("|")}"`],
  },
  {
    source_matchers: ['alertname="ServiceDown"'],
    target_matchers: ['alertname=~"TargetDown|ServiceFlapping"'],
    equal: ["service"],
  },
  { source_matchers: ['alertname="ServiceDown"', 'service="redis"'], target_matchers: ['alertname="RedisDown"'] },
  {
    source_matchers: ['alertname="DiskFull"'],
    target_matchers: ['alertname="MonitoringDiskFull"'],
    equal: ["path", "severity"],
  },
];
