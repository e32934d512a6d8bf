import { EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { explainMeshFailure, findInMesh, type MeshService } from "../client/mesh.ts";
import type { Home } from "../state/home.ts";

export type RunningEncoder = MeshService<typeof EncoderService>;

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
  return findInMesh(EncoderService, home, timeoutMs);
}

/** Every version that the Encoder knows. @throws CommandError when it does not answer. */
export async function runningModels(encoder: RunningEncoder): Promise<RunningModel[]> {
  const { models } = await encoder.client.listModels({}).catch((error: unknown) => {
    throw explainMeshFailure(error, encoder);
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
