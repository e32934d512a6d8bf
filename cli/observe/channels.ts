import type { AlertmanagerTimes, Channels } from "../../observability/alertmanager/config.ts";
import { CommandError } from "../command.ts";
import type { AlertSettings } from "./settings.ts";

/** @throws CommandError if e-mail is wanted, but not enough is known to send it. */
export function channelsOf(s: AlertSettings): Channels {
  return {
    webhookUrl: s.ALERT_WEBHOOK_URL,
    heartbeatUrl: s.ALERT_HEARTBEAT_URL,
    slackUrl: s.ALERT_SLACK_URL,
    email: emailOf(s),
  };
}

function emailOf(s: AlertSettings): Channels["email"] {
  const { ALERT_EMAIL_TO: to, ALERT_EMAIL_FROM: from, ALERT_SMTP_HOST: smtpHost } = s;
  if (to === undefined) return undefined;
  if (from === undefined || smtpHost === undefined)
    throw new CommandError("ALERT_EMAIL_TO is set: expected ALERT_EMAIL_FROM and ALERT_SMTP_HOST (host:port) as well");
  const login = { user: s.ALERT_SMTP_USER, password: s.ALERT_SMTP_PASSWORD };
  return { to, from, smtpHost, requireTls: s.ALERT_SMTP_TLS === "required", ...login };
}

export function timesOf(s: AlertSettings): AlertmanagerTimes {
  return {
    groupWait: s.ALERT_GROUP_WAIT,
    groupInterval: s.ALERT_GROUP_INTERVAL,
    repeatInterval: s.ALERT_REPEAT_INTERVAL,
  };
}

/** Who is told of what, for people. */
export function describeChannels({ webhookUrl, heartbeatUrl, slackUrl, email }: Channels): string {
  const all = [webhookUrl && "the webhook", slackUrl && "Slack"].filter(Boolean).join(" and ");
  const told = [all && `all to ${all}`, email && `critical ones to ${email.to}`].filter(Boolean).join(", ");
  const alive = heartbeatUrl === undefined ? "" : "; a heartbeat every minute";
  return `${told || "sent nowhere, only shown: set ALERT_WEBHOOK_URL, ALERT_SLACK_URL or ALERT_EMAIL_TO (.env.example)"}${alive}`;
}
