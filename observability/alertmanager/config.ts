import { inhibitRules } from "./inhibition.ts";

/** Where alerts go. Nothing set: they are kept and shown, sent nowhere. */
export interface Channels {
  /** Called for every warning and every critical alert. */
  webhookUrl?: string;
  /** Called every minute as long as alerting works. */
  heartbeatUrl?: string;
  /** For critical alerts. */
  email?: { to: string; from: string; smtpHost: string; requireTls: boolean; user?: string; password?: string };
  /** Incoming webhook of Slack, for every warning and every critical alert. */
  slackUrl?: string;
}

export interface AlertmanagerTimes {
  /** How long the first alert of a group waits for others. Default 10s. */
  groupWait?: string;
  /** How often a changed group is told again: one more alert, one resolved. Default 1m. */
  groupInterval?: string;
  /** How often an unchanged group is told again. Default 4h. */
  repeatInterval?: string;
}

/** Alertmanager's configuration, as the object that stands in alertmanager.yml. */
export function alertmanagerConfig(channels: Channels, times: AlertmanagerTimes = {}): object {
  const { groupWait = "10s", groupInterval = "1m", repeatInterval = "4h" } = times;
  const { webhookUrl, heartbeatUrl, email, slackUrl } = channels;
  const everything = { ...webhook(webhookUrl), ...slack(slackUrl) };
  return {
    global: { resolve_timeout: "5m" },
    route: {
      receiver: "nowhere",
      group_by: ["alertname", "service"],
      group_wait: groupWait,
      group_interval: groupInterval,
      repeat_interval: repeatInterval,
      routes: [
        {
          receiver: "heartbeat",
          matchers: ['alertname="DeadMansSwitch"'],
          group_wait: "0s",
          group_interval: "20s", // looked at three times a minute, sent at the first look after 50 s: every minute
          repeat_interval: "50s",
        },
        { receiver: "critical", matchers: ['severity="critical"'] },
        { receiver: "warning", matchers: ['severity="warning"'] },
      ],
    },
    receivers: [
      { name: "nowhere" },
      { name: "heartbeat", ...webhook(heartbeatUrl, false) },
      { name: "critical", ...everything, ...mail(email) },
      { name: "warning", ...everything },
    ],
    inhibit_rules: inhibitRules,
  };
}

function webhook(url: string | undefined, resolved = true): object {
  return url === undefined ? {} : { webhook_configs: [{ url, send_resolved: resolved }] };
}

function slack(url: string | undefined): object {
  const text =
    "{{ range .Alerts }}{{ .Annotations.summary }}: {{ .Annotations.description }} ({{ .Annotations.runbook }})\n{{ end }}";
  return url === undefined ? {} : { slack_configs: [{ api_url: url, send_resolved: true, text }] };
}

function mail(email: Channels["email"]): object {
  if (email === undefined) return {};
  const { to, from, smtpHost, requireTls, user, password } = email;
  const login = user === undefined ? {} : { auth_username: user, auth_password: password ?? "" };
  return { email_configs: [{ to, from, smarthost: smtpHost, require_tls: requireTls, ...login, send_resolved: true }] };
}
