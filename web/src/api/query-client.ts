import { QueryClient } from "@tanstack/react-query";
import { repeatDelayMs, shouldRepeat } from "./retry.ts";

/** Answers are kept for half a minute; what failed for a passing reason is asked again. */
export function createQueryClient(): QueryClient {
  return new QueryClient({
    defaultOptions: {
      queries: {
        staleTime: 30_000,
        retry: shouldRepeat,
        retryDelay: repeatDelayMs,
        networkMode: "always", // a mesh on this machine or network needs no internet
      },
    },
  });
}
