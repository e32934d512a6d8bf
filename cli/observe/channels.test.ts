import t from "tap";
import { alertmanagerConfig } from "../../observability/alertmanager/config.ts";
import { readConfig } from "../../services/kit/config.ts";
import { channelsOf, describeChannels } from "./channels.ts";
import { alertSettings } from "./settings.ts";

const channels = (env: Record<string, string>) => channelsOf(readConfig(alertSettings, env));
const receivers = (env: Record<string, string>) => {
  const { receivers } = alertmanagerConfig(channels(env)) as { receivers: { name: string }[] };
  return Object.fromEntries(receivers.map(({ name, ...how }) => [name, Object.keys(how)]));
};

t.test("without settings nobody is told, and that is said", async (t) => {
  t.same(receivers({}), { nowhere: [], heartbeat: [], critical: [], warning: [] });
  t.match(describeChannels(channels({})), /^sent nowhere, only shown: set ALERT_WEBHOOK_URL/);
});

t.test("critical alerts go to the webhook and by e-mail, warnings to the webhook", async (t) => {
  const env = {
    ALERT_WEBHOOK_URL: "http://127.0.0.1:1/hook",
    ALERT_EMAIL_TO: "sre@example.com",
    ALERT_EMAIL_FROM: "mesh@example.com",
    ALERT_SMTP_HOST: "mail.example.com:587",
  };
  t.same(receivers(env), {
    nowhere: [],
    heartbeat: [],
    critical: ["webhook_configs", "email_configs"],
    warning: ["webhook_configs"],
  });
  t.equal(describeChannels(channels(env)), "all to the webhook, critical ones to sre@example.com");
});

t.test("the heartbeat and Slack are channels of their own", async (t) => {
  const env = { ALERT_HEARTBEAT_URL: "http://127.0.0.1:1/beat", ALERT_SLACK_URL: "https://hooks.example.com/x" };
  t.match(receivers(env), { heartbeat: ["webhook_configs"], critical: ["slack_configs"], warning: ["slack_configs"] });
  t.equal(describeChannels(channels(env)), "all to Slack; a heartbeat every minute");
});

t.test("e-mail without a sender or a server is refused, and a server without a port", async (t) => {
  t.throws(() => channels({ ALERT_EMAIL_TO: "a@b.c" }), { message: /ALERT_EMAIL_FROM and ALERT_SMTP_HOST/ });
  t.throws(() => channels({ ALERT_SMTP_HOST: "mail.example.com" }), { message: /ALERT_SMTP_HOST.*host:port/s });
  t.throws(() => channels({ ALERT_GROUP_WAIT: "soon" }), { message: /ALERT_GROUP_WAIT.*duration/s });
});
