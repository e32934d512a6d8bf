import { CommandError } from "../command.ts";
import { readJson } from "../state/json-file.ts";
import { lockHolder } from "../state/lock.ts";
import type { ObserveHome } from "./home.ts";

/** Where the two answer; written while they run. */
export interface ObserveAddresses {
  prometheus: string;
  /** Undefined: there is none. */
  alertmanager?: string;
}

/** How long the alert goes on before it resolves by itself. */
const LASTS_MS = 60_000;

/**
 * Lets a critical TestAlert fire for a minute, so that every channel shows whether it works.
 *
 * @throws CommandError if nothing observes the mesh, or there is no Alertmanager.
 */
export async function sendTestAlert(own: ObserveHome): Promise<void> {
  const addresses = readJson<ObserveAddresses>(own.addresses);
  if (addresses === undefined || lockHolder(own.lock) === undefined)
    throw new CommandError("nothing observes the mesh: start `npm run observe` in another terminal, then this again");
  if (addresses.alertmanager === undefined) throw new CommandError("there is no Alertmanager that could send an alert");
  const alert = {
    labels: { alertname: "TestAlert", severity: "critical", service: "none" },
    annotations: {
      summary: "a test of the channels",
      description: "sent by `flashfit observe test`: nothing is wrong",
    },
    endsAt: new Date(Date.now() + LASTS_MS).toISOString(),
  };
  const response = await fetch(`${addresses.alertmanager}/api/v2/alerts`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify([alert]),
    signal: AbortSignal.timeout(10_000),
  });
  if (!response.ok) throw new CommandError(`Alertmanager answers ${response.status}: ${await response.text()}`);
}
