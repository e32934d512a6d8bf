import { readFileSync } from "node:fs";
import { join } from "node:path";
import { type Client, ConnectError } from "@connectrpc/connect";
import { EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { explainFailure } from "../client/edge.ts";
import type { Home } from "../state/home.ts";
import { readJson } from "../state/json-file.ts";
import { lockHolder } from "../state/lock.ts";
import type { MeshStatus } from "../state/status.ts";

/** The Encoder of a running mesh, as an operator reaches it: through the mesh listener, as `cli`. */
export interface RunningEncoder {
  url: string;
  client: Client<typeof EncoderService>;
}

/** A version of a model, as the Encoder says it is. */
export interface RunningModel {
  name: string;
  version: string;
  /** "serving", "standby", "canary" or "broken". */
  state: string;
  /** Why it is broken; else "". */
  reason: string;
  dimensions: number;
  /** "fp32", "int8", …; "" when it is not loaded. */
  variant: string;
}

const STATES = new Map<number, string>([
  [ModelState.SERVING, "serving"],
  [ModelState.STANDBY, "standby"],
  [ModelState.CANARY, "canary"],
  [ModelState.BROKEN, "broken"],
]);

/** The Encoder of the mesh that runs in this home; undefined if none does. */
export function findEncoder(home: Home, timeoutMs = 10_000): RunningEncoder | undefined {
  const url = readJson<MeshStatus>(home.status)?.addresses.mesh;
  if (url === undefined || lockHolder(home.launcherLock) === undefined) return undefined;
  const read = (file: string) => readFileSync(join(home.certs, file));
  const tls = { ca: read("ca.crt"), cert: read("cli.crt"), key: read("cli.key") };
  return { url, client: meshClient(EncoderService, { baseUrl: url, tls, timeoutMs }) };
}

/** Every version that the Encoder knows. @throws CommandError when it does not answer. */
export async function runningModels(encoder: RunningEncoder): Promise<RunningModel[]> {
  const { models } = await encoder.client.listModels({}).catch((error: unknown) => {
    throw explained(error, encoder);
  });
  return models.map(({ name, revision, state, reason, dimensions, variant }) => ({
    name,
    version: revision,
    state: STATES.get(state) ?? "unknown",
    reason,
    dimensions,
    variant,
  }));
}

/** What a person can do about a failed call to the Encoder. */
export function explained(error: unknown, { url }: RunningEncoder): Error {
  const unused = (): never => {
    throw new TypeError("not for calls");
  };
  return explainFailure(ConnectError.from(error), { url, client: unused });
}
