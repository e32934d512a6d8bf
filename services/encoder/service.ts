import type { ServiceImpl } from "@connectrpc/connect";
import type { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { createActivateModel } from "./activate-model.ts";
import { createCaption } from "./caption-stream.ts";
import { createClassify } from "./classify.ts";
import { entryOf } from "./doorkeeper.ts";
import { encode } from "./encode.ts";
import { createEncodeMany, type Sleep } from "./encode-many.ts";
import type { Encoder } from "./encoder.ts";
import { toModelMessage } from "./model-message.ts";
import type { ModelSet } from "./model-set.ts";
import { refusing } from "./refusals.ts";

export interface EncoderServiceOptions {
  models: ModelSet;
  encoder: Encoder;
  /** Requests of one EncodeStream that are worked on at a time. */
  streamParallel: number;
  /** How an EncodeStream waits for room; default: the clock of this process. */
  sleep?: Sleep;
}

/** Answer EncoderService RPCs with the given models; each call holds those that it has begun with. */
export function createEncoderService(options: EncoderServiceOptions): ServiceImpl<typeof EncoderService> {
  const { models, encoder, streamParallel, ...waiting } = options;
  return {
    encode: async (request, { signal, values }) => {
      const entry = entryOf(values);
      try {
        return await refusing(models.hold(() => encode(request, signal, { models, encoder, entry })));
      } finally {
        entry.arrived();
      }
    },

    encodeStream: createEncodeMany({ models, encoder, parallel: streamParallel, ...waiting }),

    caption: createCaption({ models, encoder }),

    classify: createClassify({ models, encoder }),

    async listModels() {
      const versions = await models.versions();
      return { models: versions.map((status) => toModelMessage(status, models.canaryReport(status.name))) };
    },

    activateModel: createActivateModel(models),
  };
}
