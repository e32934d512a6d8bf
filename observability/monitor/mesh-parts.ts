import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import type { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { type Health, HealthCheckResponse_ServingStatus as Status } from "../../gen/health/v1/health_pb.ts";
import { PROCESS } from "../../services/kit/headers.ts";

/** The processes behind Envoy that say themselves how they are, by gRPC health. */
export const MESH_PARTS = ["encoder", "index", "fusion", "feedback", "web"] as const;
export type MeshPart = (typeof MESH_PARTS)[number];

/** grpc.health.v1 Check of one process, through Envoy's mesh listener. @throws if it does not serve. */
export async function checkHealth(health: Client<typeof Health>, part: MeshPart, signal: AbortSignal): Promise<void> {
  const { status } = await health.check({}, { signal, headers: { [PROCESS]: part } });
  if (status !== Status.SERVING) throw new Error("it runs but does not serve");
}

/** Envoy is up if it refuses a path that it does not have. */
export async function checkEnvoy(health: Client<typeof Health>, signal: AbortSignal): Promise<void> {
  try {
    await health.check({}, { signal });
  } catch (error) {
    if (ConnectError.from(error).code !== Code.Unimplemented) throw error;
  }
}

/** Name of each model to whether a version of it is loaded. */
export async function readModels(
  encoder: Client<typeof EncoderService>,
  signal: AbortSignal,
): Promise<Map<string, boolean>> {
  const { models } = await encoder.listModels({}, { signal });
  const loaded = new Map<string, boolean>();
  for (const model of models) loaded.set(model.name, loaded.get(model.name) === true || model.loaded);
  return loaded;
}

/** Name of each model to how many of its vectors can be found. */
export async function readVectorCounts(
  index: Client<typeof IndexService>,
  signal: AbortSignal,
): Promise<Map<string, number>> {
  const { indexes } = await index.listIndexes({}, { signal });
  return new Map(indexes.map(({ model, vectorCount }) => [model, Number(vectorCount)]));
}

/** What a failed call says. */
export function explainRpc(error: unknown): string {
  return error instanceof ConnectError ? `${Code[error.code]}: ${error.rawMessage}` : messageOf(error);
}

export function messageOf(error: unknown): string {
  const cause = error instanceof AggregateError ? error.errors[0] : error;
  return cause instanceof Error ? cause.message : String(cause);
}
