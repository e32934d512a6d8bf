import t from "tap";
import { countFiring, parseAlerts } from "./alerts.ts";

const alert = (severity: string, state: string) => ({
  labels: { alertname: "ServiceDown", severity, service: "index" },
  annotations: { summary: "index is down" },
  state,
  activeAt: "2026-11-21T10:00:00Z",
  value: "1e+00",
});

t.test("what fires is counted by severity; the dead man's switch and what is pending are not", async (t) => {
  const alerts = parseAlerts({
    status: "success",
    data: { alerts: [alert("critical", "firing"), alert("warning", "pending"), alert("none", "firing")] },
  });
  t.same(countFiring(alerts), { critical: 1, warning: 0 });
  t.match(alerts[0], { name: "ServiceDown", summary: "index is down", since: "2026-11-21T10:00:00Z" });
});

t.test("an answer of something else is refused", async (t) => {
  t.throws(() => parseAlerts({ data: { alerts: [{ labels: {} }] } }));
});
