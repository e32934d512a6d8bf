import type { MessageInitShape } from "@bufbuild/protobuf";
import type { HandlerContext } from "@connectrpc/connect";
import type { CaptionRequest, CaptionResponseSchema } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { unavailable } from "../kit/errors.ts";
import { chooseModel } from "./choose-models.ts";
import { type Encoder, ModelFailure } from "./encoder.ts";
import type { ModelSet } from "./model-set.ts";
import { toRefusal } from "./refusals.ts";
import { runCallOf } from "./run-call.ts";

type Event = MessageInitShape<typeof CaptionResponseSchema>;

/** Answers Caption: each token as soon as it is certain, then the sentence. */
export function createCaption({ models, encoder }: { models: ModelSet; encoder: Encoder }) {
  return async function* caption(request: CaptionRequest, { signal }: HandlerContext): AsyncGenerator<Event, void> {
    // A stream whose reader has gone may never be taken up again: then its signal ends the hold.
    const ended = Promise.withResolvers<void>();
    signal.addEventListener("abort", () => ended.resolve(), { once: true });
    void models.hold(() => ended.promise);
    try {
      yield* written(request, signal);
    } finally {
      ended.resolve();
    }
  };

  async function* written(request: CaptionRequest, signal: AbortSignal): AsyncGenerator<Event, void> {
    const { photo, maxTokens, beamWidth, lengthPenalty, priority } = request;
    const model = chooseModel(models, request.model, "captions");
    const { name, revision } = model;
    const options = {
      ...(maxTokens === 0 ? {} : { maxTokens }),
      ...(beamWidth === 0 ? {} : { beamWidth }),
      ...(lengthPenalty === undefined ? {} : { lengthPenalty }),
    };
    const steps = encoder.caption(photo, model, options, runCallOf(signal, priority));
    try {
      for (;;) {
        const { done, value } = await steps.next();
        if (done) {
          const { sentence, tokens, score, cut } = value;
          yield {
            event: { case: "sentence", value: { caption: sentence, tokens, score, cut, model: name, revision } },
          };
          return;
        }
        yield { event: { case: "token", value } };
      }
    } catch (error) {
      throw error instanceof ModelFailure ? unavailable(error.message, error.cause) : toRefusal(error);
    } finally {
      await steps.return(undefined as never);
    }
  }
}
