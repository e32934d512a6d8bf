import type { Interceptor } from "@connectrpc/connect";

const kept = new WeakSet<Interceptor>();

/**
 * Promise that a unary call goes through `interceptor` as the object that it came in: it is not copied, for a copy would lose
 * what a lean call makes only when it is asked for. A server with an interceptor without this promise answers by connect-es.
 */
export function keepsRequest(interceptor: Interceptor): Interceptor {
  kept.add(interceptor);
  return interceptor;
}

export function allKeepRequest(interceptors: readonly Interceptor[]): boolean {
  return interceptors.every((interceptor) => kept.has(interceptor));
}
