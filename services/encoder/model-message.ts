import type { MessageInitShape } from "@bufbuild/protobuf";
import {
  type CanarySchema,
  Capability,
  type ModelSchema,
  ModelState,
} from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import type { CanaryReport } from "./inference/canary.ts";
import type { Model } from "./model.ts";
import type { VersionState, VersionStatus } from "./model-set.ts";

const STATES: Record<VersionState, ModelState> = {
  serving: ModelState.SERVING,
  standby: ModelState.STANDBY,
  canary: ModelState.CANARY,
  broken: ModelState.BROKEN,
  starting: ModelState.STARTING,
  proving: ModelState.STARTING,
  draining: ModelState.DRAINING,
};

/** A version of a model as ListModels shows it; `report` is that of the model's canary. */
export function toModelMessage(
  { name, revision, state, reason, model, variant, sharePercent }: VersionStatus,
  report: CanaryReport | undefined,
): MessageInitShape<typeof ModelSchema> {
  const version = { name, revision, state: STATES[state], reason };
  if (!model) return version;
  return {
    ...version,
    dimensions: model.dimensions,
    loaded: true,
    capabilities: capabilitiesOf(model),
    variant,
    executionProvider: model.inference.provider ?? "",
    ...(state === "canary" ? { canary: canaryMessage(sharePercent, report) } : {}),
  };
}

function canaryMessage(percent: number, report: CanaryReport | undefined): MessageInitShape<typeof CanarySchema> {
  if (!report) return { percent };
  const { compared, failed, meanCosine, relativeTime } = report;
  return {
    percent,
    compared: BigInt(compared),
    failed: BigInt(failed),
    ...(Number.isNaN(meanCosine) ? {} : { meanCosine }),
    ...(Number.isNaN(relativeTime) ? {} : { relativeTime }),
  };
}

function capabilitiesOf(model: Model): Capability[] {
  return [
    ...(model.embedsPhotos ? [Capability.EMBED_PHOTO] : []),
    ...(model.embedsText ? [Capability.EMBED_TEXT] : []),
    ...(model.classifies ? [Capability.CLASSIFY] : []),
    ...(model.captions ? [Capability.CAPTION] : []),
  ];
}
