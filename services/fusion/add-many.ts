import type { MessageInitShape } from "@bufbuild/protobuf";
import { Code, ConnectError, type HandlerContext } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";
import {
  type AddGarmentsRequest,
  type AddGarmentsResponseSchema,
  type NewGarment,
  NewGarmentSchema,
} from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { invalidArgument } from "../kit/errors.ts";
import { mapInOrder } from "../kit/map-in-order.ts";
import { validate } from "../kit/validation.ts";
import { requireStorableGarment, toGarmentMessage } from "./garment-message.ts";
import type { Wardrobe } from "./wardrobe.ts";

type Answer = MessageInitShape<typeof AddGarmentsResponseSchema>;

/** Answers AddGarments: one answer a garment, in order, `parallel` of them worked on at a time; a bad one ends only itself. */
export function createAddMany({ wardrobe, parallel }: { wardrobe: Wardrobe; parallel: number }) {
  return (requests: AsyncIterable<AddGarmentsRequest>, { signal }: HandlerContext): AsyncIterable<Answer> => {
    return mapInOrder(requests, parallel, (request) => answer(request, { wardrobe, signal }));
  };
}

async function answer(
  { key, garment }: AddGarmentsRequest,
  { wardrobe, signal }: { wardrobe: Wardrobe; signal: AbortSignal },
): Promise<Answer> {
  signal.throwIfAborted(); // the caller left, or we are draining
  try {
    const added = await wardrobe.add(requireValid(garment), "garment");
    return {
      key,
      result: { case: "added", value: { garment: toGarmentMessage(added.garment), existed: added.existed } },
    };
  } catch (reason) {
    // What is our own mistake ends the stream, like everywhere else; what is wrong with one garment does not.
    if (!(reason instanceof ConnectError) || reason.code === Code.Internal || signal.aborted) throw reason;
    return { key, result: { case: "refused", value: { code: codeToString(reason.code), message: reason.rawMessage } } };
  }
}

/** The garment if it keeps the rules of the contract; the contract leaves this check to us, so that a bad one ends only itself. */
function requireValid(garment: NewGarment | undefined): NewGarment {
  if (garment === undefined) throw invalidArgument("garment", "value is required");
  validate(NewGarmentSchema, garment, "garment");
  requireStorableGarment(garment);
  return garment;
}
