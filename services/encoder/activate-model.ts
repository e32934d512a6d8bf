import type { MessageInitShape } from "@bufbuild/protobuf";
import type { ActivateModelRequest, ActivateModelResponseSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { toModelMessage } from "./model-message.ts";
import type { ModelSet } from "./model-set.ts";

/** Answers ActivateModel: all calls to another version, or a share of the inputs to a canary. */
export function createActivateModel(models: ModelSet) {
  return async (request: ActivateModelRequest): Promise<MessageInitShape<typeof ActivateModelResponseSchema>> => {
    const { name, revision, canaryPercent } = request;
    const before = models.get(name)?.revision ?? "";
    if (canaryPercent > 0) await models.startCanary(name, revision, canaryPercent);
    else {
      await models.activate(name, revision);
      if (before === revision) await models.stopCanary(name);
    }
    const status = (await models.versions()).find((each) => each.name === name && each.revision === revision);
    return {
      ...(status ? { model: toModelMessage(status, models.canaryReport(name)) } : {}),
      previousRevision: before,
    };
  };
}
