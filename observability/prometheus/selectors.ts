/** Label matcher: requests that do work. Machines that ask whether we live are too many to be left in a mean. */
export const WORK = 'endpoint!~"/healthz|/health|/ready|/metrics|/grpc[.](health|reflection)[.].*"';

/** Label matcher: calls of our own contracts. */
export const OUR_RPC = 'rpc_service=~"flashfit[.].*"';

/** Label matcher: the service failed, not its caller. */
export const SERVICE_FAULT = 'code=~"unknown|internal|unavailable|data_loss|deadline_exceeded|unimplemented"';

/** A ratio over fewer requests a second than this says nothing: 30 in five minutes. */
export const ENOUGH_PER_SECOND = 0.1;
