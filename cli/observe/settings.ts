import { z } from "zod";
import { portSetting } from "../../services/kit/config.ts";

const duration = (standard: string, what: string) =>
  z
    .string()
    .regex(/^(\d+(ms|[smhd]))+$/, "expected a duration like 10s, 1m30s or 15d")
    .default(standard)
    .describe(what);
const channel = (what: string) =>
  z
    .url({ protocol: /^https?$/ })
    .optional()
    .describe(what);
const text = (what: string) => z.string().optional().describe(what);

/** Where alerts go: read by `flashfit observe` and by the set-up of the containers. */
export const alertSettings = z.object({
  ALERT_WEBHOOK_URL: channel("called with every warning and critical alert, as Alertmanager's JSON"),
  ALERT_HEARTBEAT_URL: channel("called every minute as long as alerting works: a dead man's switch"),
  ALERT_EMAIL_TO: text("gets critical alerts by e-mail; needs ALERT_EMAIL_FROM and ALERT_SMTP_HOST"),
  ALERT_EMAIL_FROM: text("sender of these e-mails"),
  ALERT_SMTP_HOST: z
    .string()
    .regex(/^[^:\s]+:\d+$/, "expected host:port")
    .optional()
    .describe("host:port of the mail server"),
  ALERT_SMTP_TLS: z
    .enum(["required", "off"])
    .default("required")
    .describe("required: nothing is sent unless the mail server speaks TLS; off: for a relay on this machine"),
  ALERT_SMTP_USER: text("login at the mail server"),
  ALERT_SMTP_PASSWORD: text("its password; written only into the private folder of the run"),
  ALERT_SLACK_URL: channel("incoming webhook of Slack, gets every warning and critical alert"),
  ALERT_GROUP_WAIT: duration("10s", "how long the first alert of a group waits for others"),
  ALERT_GROUP_INTERVAL: duration("1m", "how soon a change of a group is told, a resolved alert too"),
  ALERT_REPEAT_INTERVAL: duration("4h", "how often an alert that goes on is told again"),
});
export type AlertSettings = z.infer<typeof alertSettings>;

/** What `flashfit observe` reads. */
export const observeSettings = z.object({
  PROMETHEUS_PORT: portSetting(9090, "port of Prometheus"),
  ALERTMANAGER_PORT: portSetting(9093, "port of Alertmanager"),
  PROMETHEUS_BIN: text("the program prometheus, if it is not on PATH; promtool is looked for beside it"),
  ALERTMANAGER_BIN: text("the program alertmanager, if it is not on PATH"),
  PROMETHEUS_RETENTION: duration("15d", "how long Prometheus keeps what it measured"),
  PROMETHEUS_SCRAPE_INTERVAL: duration("10s", "how often the mesh is measured and the alert rules are looked at"),
  PROMETHEUS_GLOBAL_INTERVAL: duration("15s", "how often Prometheus measures itself and Alertmanager"),
  ...alertSettings.shape,
});
export type ObserveSettings = z.infer<typeof observeSettings>;
