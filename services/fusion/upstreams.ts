import { type Client, Code, ConnectError } from "@connectrpc/connect";
import type { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import type { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import type { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { BadRequestSchema, RetryInfoSchema } from "../../gen/google/rpc/error_details_pb.ts";
import { failedPrecondition, invalidArguments, resourceExhausted, unavailable } from "../kit/errors.ts";

/** The services that Fusion asks. */
export interface Upstreams {
  encoder: Client<typeof EncoderService>;
  index: Client<typeof IndexService>;
  feedback: Client<typeof FeedbackService>;
}

/**
 * Asks the Encoder. What it refuses of the input is the fault of our caller, who reads it under their own field name.
 * @param fieldName from the Encoder's name of a field to our caller's: "photo" to "garment.photo"
 */
export async function askEncoder<T>(work: () => Promise<T>, fieldName = (field: string) => field): Promise<T> {
  try {
    return await work();
  } catch (reason) {
    const error = ConnectError.from(reason);
    if (error.code !== Code.InvalidArgument) throw passOn("encoder", error);
    const violations = error.findDetails(BadRequestSchema).flatMap((detail) => detail.fieldViolations);
    if (violations.length === 0) throw passOn("encoder", error);
    throw invalidArguments(violations.map(({ field, description }) => ({ field: fieldName(field), description })));
  }
}

/** Asks the Index. What it is asked is made here, not by our caller: if it refuses that, it is not the caller's fault. */
export async function askIndex<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (reason) {
    const error = ConnectError.from(reason);
    if (error.code !== Code.InvalidArgument) throw passOn("index", error);
    throw failedPrecondition(`index does not fit the encoder: ${error.rawMessage}`);
  }
}

/** Asks Feedback, where its answer is needed. What it is asked is made of what our caller sent and was checked here. */
export async function askFeedback<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (reason) {
    throw passOn("feedback", ConnectError.from(reason));
  }
}

/**
 * The error of another service as ours: code, message and retry time, but none of the headers of its answer.
 * No route to it (Envoy's 404) is the same to our caller as a service that is away.
 */
function passOn(service: string, error: ConnectError): ConnectError {
  const message = `${service}: ${error.rawMessage}`;
  if (error.code === Code.Unimplemented) return unavailable(message, error);
  if (error.code === Code.ResourceExhausted) {
    const delay = error.findDetails(RetryInfoSchema)[0]?.retryDelay;
    return resourceExhausted(message, delay && Number(delay.seconds) * 1000 + delay.nanos / 1e6);
  }
  return new ConnectError(message, error.code, undefined, undefined, error);
}
