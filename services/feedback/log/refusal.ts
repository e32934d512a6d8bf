import { Code, ConnectError } from "@connectrpc/connect";
import { codeToString } from "@connectrpc/connect/protocol-connect";

/** Refusals that are about one entry. Others, PostgreSQL being away above all, are about the whole call. */
const OF_ONE: readonly Code[] = [Code.InvalidArgument, Code.AlreadyExists];

/** Why one entry of a call was refused, in the call's answer: Connect's name of the code, and why. */
export interface Refusal {
  code: string;
  message: string;
}

/** @throws `error` itself if it is not about one entry alone */
export function refusalOfOne(error: unknown): Refusal {
  const refusal = ConnectError.from(error);
  if (!OF_ONE.includes(refusal.code)) throw error;
  return { code: codeToString(refusal.code), message: refusal.rawMessage };
}
