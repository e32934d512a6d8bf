import { setTimeout } from "node:timers/promises";
import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import {
  type EncodeRequest,
  EncodeRequestSchema,
  type EncodeResponse,
  type EncodeStreamRequest,
  type EncodeStreamResponseSchema,
  Priority,
} from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { invalidArgument } from "../kit/errors.ts";
import { mapInOrder } from "../kit/map-in-order.ts";
import { validate } from "../kit/validation.ts";
import { type EncodeOptions, encode } from "./encode.ts";
import { busyForMs, toRefusal } from "./refusals.ts";

type Answer = MessageInitShape<typeof EncodeStreamResponseSchema>;

/** Waits; ends with the signal's reason when that is aborted. */
export type Sleep = (ms: number, signal: AbortSignal) => Promise<unknown>;

export interface EncodeManyOptions extends Pick<EncodeOptions, "models" | "encoder"> {
  /** Requests of one stream that are worked on at a time; as many answers may wait to be read. */
  parallel: number;
  /** Default: the clock of this process. */
  sleep?: Sleep;
}

/** Longest wait before asking again. */
const MOST_MS = 1000;

/**
 * Answers EncodeStream: one answer a request, in order; a bad one ends only itself. Where the queue has no room it waits
 * for it, and so does the sender, because meanwhile nothing more is read.
 */
export function createEncodeMany({ parallel, sleep = sleepFor, ...options }: EncodeManyOptions) {
  const bulk: EncodeOptions = { ...options, unspecified: Priority.BULK };
  return (requests: AsyncIterable<EncodeStreamRequest>, { signal }: HandlerContext): AsyncIterable<Answer> =>
    mapInOrder(requests, parallel, (request) => answer(request, signal, bulk, sleep));
}

async function answer(
  { key, request }: EncodeStreamRequest,
  signal: AbortSignal,
  options: EncodeOptions,
  sleep: Sleep,
): Promise<Answer> {
  signal.throwIfAborted(); // the caller left, or we are draining
  try {
    return { key, result: { case: "encoded", value: await admitted(requireValid(request), signal, options, sleep) } };
  } catch (error) {
    const reason = toRefusal(error);
    // What is our own mistake ends the stream, like everywhere else; what is wrong with one request does not.
    if (!(reason instanceof ConnectError) || reason.code === Code.Internal || signal.aborted) throw reason;
    return { key, result: { case: "refused", value: { code: codeToString(reason.code), message: reason.rawMessage } } };
  }
}

/** The answer, asked for again as long as there is no room. */
async function admitted(
  request: EncodeRequest,
  signal: AbortSignal,
  options: EncodeOptions,
  sleep: Sleep,
): Promise<EncodeResponse> {
  for (;;) {
    try {
      return await options.models.hold(() => encode(request, signal, options));
    } catch (error) {
      const ms = busyForMs(error);
      if (ms === undefined) throw error;
      await sleep(Math.min(ms, MOST_MS), signal);
    }
  }
}

/** The request if it keeps the rules of the contract, which leaves this check to us, so that a bad one ends only itself. */
function requireValid(request: EncodeRequest | undefined): EncodeRequest {
  if (request === undefined) throw invalidArgument("request", "value is required");
  validate(EncodeRequestSchema, request, "request");
  return request;
}

async function sleepFor(ms: number, signal: AbortSignal): Promise<void> {
  await setTimeout(ms, undefined, { signal }).catch((error: unknown) => {
    throw signal.aborted ? signal.reason : error;
  });
}
