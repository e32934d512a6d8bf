import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { ClassifyRequest, ClassifyResponseSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { unavailable } from "../kit/errors.ts";
import { chooseModel } from "./choose-models.ts";
import type { Encoder } from "./encoder.ts";
import type { ModelSet } from "./model-set.ts";
import { refusing } from "./refusals.ts";
import { runCallOf } from "./run-call.ts";

/** Answers Classify, from the same cache as Encode. */
export function createClassify({ models, encoder }: { models: ModelSet; encoder: Encoder }) {
  return (
    request: ClassifyRequest,
    { signal }: HandlerContext,
  ): Promise<MessageInitShape<typeof ClassifyResponseSchema>> =>
    models.hold(async () => {
      const { photo, topK, priority } = request;
      const model = chooseModel(models, request.model, "classifies");
      const call = runCallOf(signal, priority);
      const { answers } = await refusing(encoder.encodePhoto(photo, [model], undefined, call));
      const [answer] = answers;
      if (!answer) throw unavailable(`no model can answer: ${model.name}`);
      const most = topK || Number.POSITIVE_INFINITY;
      return {
        categories: answer.categories.slice(0, most),
        colours: answer.colours.slice(0, most),
        model: model.name,
        revision: model.revision,
      };
    });
}
