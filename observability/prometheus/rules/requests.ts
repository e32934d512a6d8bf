import { type RuleGroup, twoLevels } from "../rule.ts";
import { ENOUGH_PER_SECOND } from "../selectors.ts";

const enough = (record: string) => `and on (service) ${record} > ${ENOUGH_PER_SECOND}`;

/** Which service is to blame if an answer lacks something; PostgreSQL, if what was shown could not be written down. */
const DEGRADED_BY_SERVICE = `sum by (service) (
  label_replace(
    label_replace(
      label_replace(rate(fusion_degraded_total[5m]), "service", "$1", "part", "(index|feedback).*"),
      "service", "encoder", "part", "model:.*"
    ),
    "service", "postgres", "part", "recommendation_log"
  )
)`;
const RECOMMENDATIONS = 'sum(rate(rpc_server_requests_total{rpc_service="flashfit.fusion.v1.FusionService"}[5m]))';

/** What callers feel. */
export const requests: RuleGroup = {
  name: "flashfit-requests",
  rules: [
    ...twoLevels({
      alert: "HighErrorRate",
      expr: `flashfit:call_errors:ratio5m > $threshold ${enough("flashfit:calls:rate5m")}`,
      warning: { threshold: 0.05, for: "1m" },
      critical: { threshold: 0.2, for: "1m" },
      summary: "calls of {{ $labels.service }} fail",
      description:
        "{{ $value | humanizePercentage }} of the calls of {{ $labels.service }} failed through no fault of the caller",
    }),
    ...twoLevels({
      alert: "LowSuccessRate",
      expr: `flashfit:answers_good:ratio5m < $threshold ${enough("flashfit:answers:rate5m")}`,
      warning: { threshold: 0.95, for: "1m" },
      critical: { threshold: 0.8, for: "1m" },
      summary: "callers of {{ $labels.service }} get errors from Envoy",
      description:
        "only {{ $value | humanizePercentage }} of the answers of {{ $labels.service }} through Envoy were good",
    }),
    ...twoLevels({
      alert: "SlowResponses",
      expr: `flashfit:request_duration_seconds:mean5m > $threshold ${enough("flashfit:requests:rate5m")}`,
      warning: { threshold: 2, for: "1m" },
      critical: { threshold: 5, for: "1m" },
      summary: "{{ $labels.service }} answers slowly",
      description:
        'an answer of {{ $labels.service }} took {{ $value | printf "%.1f" }} s on average over the last five minutes',
    }),
    ...twoLevels({
      alert: "SlowP95",
      expr: `flashfit:request_duration_seconds:p95_5m > $threshold ${enough("flashfit:requests:rate5m")}`,
      warning: { threshold: 2.5, for: "1m" },
      critical: { threshold: 5, for: "1m" },
      summary: "one answer in twenty of {{ $labels.service }} is very slow",
      description: 'the 95th percentile of the answers of {{ $labels.service }} is {{ $value | printf "%.1f" }} s',
    }),
    ...twoLevels({
      alert: "SlowSearch",
      expr: "flashfit:search_duration_seconds:p95_5m > $threshold",
      warning: { threshold: 0.1, for: "1m" },
      critical: { threshold: 0.5, for: "1m" },
      summary: "searching {{ $labels.index }} is slow",
      description: "the 95th percentile of one search in {{ $labels.index }} is {{ $value | humanizeDuration }}",
    }),
    ...twoLevels({
      alert: "DegradedAnswers",
      expr: `${DEGRADED_BY_SERVICE} / on () group_left () (${RECOMMENDATIONS} > ${ENOUGH_PER_SECOND}) > $threshold`,
      warning: { threshold: 0.05, for: "1m" },
      critical: { threshold: 0.5, for: "1m" },
      summary: "answers lack what {{ $labels.service }} gives",
      description: "{{ $value | humanizePercentage }} of the recommendations had to do without {{ $labels.service }}",
    }),
  ],
};
