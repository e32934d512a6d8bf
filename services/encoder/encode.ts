import { create } from "@bufbuild/protobuf";
import {
  type EncodeRequest,
  type EncodeResponse,
  EncodeResponseSchema,
  Priority,
} from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { invalidArgument, unavailable } from "../kit/errors.ts";
import { type Asked, chooseModels } from "./choose-models.ts";
import type { Entry } from "./doorkeeper.ts";
import type { Answers, Encoder } from "./encoder.ts";
import type { Model } from "./model.ts";
import type { ModelSet } from "./model-set.ts";
import { type EncoderCall, runCallOf } from "./run-call.ts";

export interface EncodeOptions {
  models: ModelSet;
  encoder: Encoder;
  /** What PRIORITY_UNSPECIFIED means; default INTERACTIVE. */
  unspecified?: Priority;
  /** Whom to tell how a photo goes. */
  entry?: Entry;
}

/**
 * Answer one EncodeRequest that keeps the rules of the contract.
 * @throws NOT_FOUND, UNAVAILABLE; what the encoder throws, not translated.
 */
export async function encode(
  request: EncodeRequest,
  signal: AbortSignal,
  { models, encoder, unspecified = Priority.INTERACTIVE, entry }: EncodeOptions,
): Promise<EncodeResponse> {
  const { input, models: names, caption, alsoText } = request;
  const call: EncoderCall = runCallOf(signal, request.priority, unspecified);
  if (entry) call.onQueued = entry.arrived;
  if (input.case === "text") return respond([await texts(encoder, models, names, input.value, call)]);
  if (input.case === undefined) throw invalidArgument("input", "is missing, expected a photo, pixels or a text");
  const asked = chooseModels(models, names, "embedsPhotos");
  const captioner = caption ? captionerOf(asked.able, models) : undefined;
  const [photo, text] = await Promise.all([
    encoder.encodePhoto(input.value, asked.able, captioner, call),
    alsoText === "" ? undefined : texts(encoder, models, names, alsoText, call),
  ]);
  entry?.answered(photo.computed);
  return respond([{ ...asked, answers: photo.answers }, ...(text ? [text] : [])], photo.caption);
}

interface Part extends Asked {
  answers: Answers;
}

async function texts(encoder: Encoder, models: ModelSet, names: string[], text: string, call: EncoderCall) {
  const asked = chooseModels(models, names, "embedsText");
  return { ...asked, answers: await encoder.encodeText(text, asked.able, call) };
}

/** A caption is asked for by its own flag, so any loaded captioner may write it. */
function captionerOf(asked: Model[], models: ModelSet): Model | undefined {
  return asked.find((model) => model.captions) ?? models.loaded.find((model) => model.captions);
}

/** The answers to the input, and to the sentence beside it if there is one. */
function respond(parts: Part[], caption = ""): EncodeResponse {
  const [main = [], beside = []] = parts.map(({ answers }) => answers.flatMap((answer) => answer ?? []));
  const missing = parts.flatMap(({ able, unable, answers }) => [
    ...unable,
    ...able.filter((_, i) => !answers[i]).map(({ name }) => name),
  ]);
  const names = [...new Set(missing)];
  if (main.length + beside.length === 0) {
    throw unavailable(`no model can answer: ${names.join(", ") || "none is able to"}`);
  }
  return create(EncodeResponseSchema, {
    embeddings: main.flatMap(({ embeddings }) => embeddings),
    categories: main.find(({ categories }) => categories.length > 0)?.categories ?? [],
    colours: main.find(({ colours }) => colours.length > 0)?.colours ?? [],
    caption,
    unavailable: names,
    textEmbeddings: beside.flatMap(({ embeddings }) => embeddings),
  });
}
