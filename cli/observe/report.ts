/** What the closing block of a start tells. */
export interface Report {
  edge: string;
  /** Without a slash at the end. */
  prometheus: string;
  /** Undefined: there is none. */
  alertmanager?: string;
  /** Who is told of alerts. */
  channels: string;
  /** As they are best named from where the person is. */
  data: string;
  logs: string;
}

/** Printed once everything is ready. */
export function reportText({ edge, prometheus, alertmanager, channels, data, logs }: Report): string {
  const alerts = alertmanager === undefined ? "shown, but sent nowhere: there is no Alertmanager" : channels;
  return `
Observing the mesh at ${edge}
  targets      ${prometheus}/targets
  alerts       ${prometheus}/alerts
  alertmanager ${alertmanager ?? "none"}
  alerts are   ${alerts}
  try it       npm run flashfit -- observe test     (a critical TestAlert, for a minute)
  dashboards   observability/dashboards/*.json: import them into a Grafana with the data source ${prometheus},
               or have all in containers: docker compose --profile monitoring up, then http://127.0.0.1:3001
  data         ${data}            logs: ${logs}
  stop         Ctrl-C here
`;
}
