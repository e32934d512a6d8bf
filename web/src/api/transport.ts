import type { Transport } from "@connectrpc/connect";
import { createConnectTransport } from "@connectrpc/connect-web";
import type { Store } from "../state/store.ts";
import { isOutOfReach } from "./explain-error.ts";

/** The edge gives a unary call half a minute. */
const TIMEOUT_MS = 30_000;

/** Calls to the origin that this page came from. `reachable` follows whether they get any answer. */
export function createTransport(baseUrl: string, reachable: Store<boolean>): Transport {
  return createConnectTransport({
    baseUrl,
    useBinaryFormat: true, // photos travel as bytes
    defaultTimeoutMs: TIMEOUT_MS,
    interceptors: [
      (next) => async (request) => {
        try {
          const answer = await next(request);
          reachable.set(true);
          return answer;
        } catch (error) {
          reachable.set(!isOutOfReach(error));
          throw error;
        }
      },
    ],
  });
}
