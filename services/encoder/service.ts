import { create } from "@bufbuild/protobuf";
import type { ServiceImpl } from "@connectrpc/connect";
import {
  Capability,
  EncodeResponseSchema,
  type EncoderService,
  ListModelsResponseSchema,
} from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { invalidArgument, notFound, resourceExhausted, unavailable } from "../kit/errors.ts";
import type { Encoder } from "./encoder.ts";
import type { Model } from "./model.ts";
import type { KnownModel, ModelSet } from "./model-set.ts";
import { GateFullError } from "./preprocessing/gate.ts";
import { PhotoRefusedError } from "./preprocessing/photo-decoder.ts";

export interface EncoderServiceOptions {
  models: ModelSet;
  encoder: Encoder;
}

/** Answer EncoderService RPCs with the given models. */
export function createEncoderService({ models, encoder }: EncoderServiceOptions): ServiceImpl<typeof EncoderService> {
  return {
    async encode({ input, models: names, caption }, { signal }) {
      const asked = choose(models, names, input.case === "text" ? "embedsText" : "embedsPhotos");
      if (input.case === "text") {
        return respond(asked, await encoder.encodeText(input.value, asked.able, signal), "");
      }
      if (input.case !== "photo") throw invalidArgument("input", "is missing, expected a photo or a text");
      const captioner = caption ? captionerOf(asked.able, models) : undefined;
      const work = encoder.encodePhoto(input.value, asked.able, captioner, signal);
      const { answers, caption: sentence } = await work.catch((error: unknown) => {
        throw toRefusal(error);
      });
      return respond(asked, answers, sentence);
    },

    listModels() {
      return create(ListModelsResponseSchema, { models: models.all.map(describe) });
    },
  };
}

interface Asked {
  able: Model[];
  /** Names asked for that cannot answer this kind of input, or are broken. */
  unable: string[];
}

/** @throws NOT_FOUND for a name that is not in the repository. */
function choose(models: ModelSet, names: string[], can: "embedsText" | "embedsPhotos"): Asked {
  if (names.length === 0) return { able: models.loaded.filter((model) => model[can]), unable: [] };
  const known = names.map((name) => {
    const found = models.get(name);
    if (found) return found;
    throw notFound(`model ${JSON.stringify(name)}; known are ${models.all.map(({ name }) => name).join(", ")}`);
  });
  const able = known.flatMap((entry) => (entry.kind === "loaded" && entry.model[can] ? [entry.model] : []));
  return { able, unable: names.filter((name) => !able.some((model) => model.name === name)) };
}

/** A caption is asked for by its own flag, so any loaded captioner may write it. */
function captionerOf(asked: Model[], models: ModelSet): Model | undefined {
  return asked.find((model) => model.captions) ?? models.loaded.find((model) => model.captions);
}

function respond({ able, unable }: Asked, answers: Awaited<ReturnType<Encoder["encodeText"]>>, caption: string) {
  const good = answers.flatMap((answer) => (answer ? [answer] : []));
  const failed = able.filter((_, i) => !answers[i]).map(({ name }) => name);
  const missing = [...unable, ...failed];
  if (good.length === 0) throw unavailable(`no model can answer: ${missing.join(", ") || "none is able to"}`);
  return create(EncodeResponseSchema, {
    embeddings: good.flatMap(({ embeddings }) => embeddings),
    categories: good.find(({ categories }) => categories.length > 0)?.categories ?? [],
    colours: good.find(({ colours }) => colours.length > 0)?.colours ?? [],
    caption,
    unavailable: missing,
  });
}

function toRefusal(error: unknown): unknown {
  if (error instanceof PhotoRefusedError) return invalidArgument("photo", error.message);
  if (error instanceof GateFullError) return resourceExhausted(`too many photos at once: ${error.message}`, 1000);
  return error;
}

function describe(known: KnownModel) {
  const { name, revision } = known;
  if (known.kind === "broken") return { name, revision, dimensions: 0, loaded: false, capabilities: [] };
  const { model } = known;
  const capabilities = [
    ...(model.embedsPhotos ? [Capability.EMBED_PHOTO] : []),
    ...(model.embedsText ? [Capability.EMBED_TEXT] : []),
    ...(model.classifies ? [Capability.CLASSIFY] : []),
    ...(model.captions ? [Capability.CAPTION] : []),
  ];
  return { name, revision, dimensions: model.dimensions, loaded: true, capabilities };
}
