/** Header names by which a call's context travels from hop to hop. */
export const REQUEST_ID = "x-request-id";
export const TRACEPARENT = "traceparent";
export const CLAIMS = "x-flashfit-claims";
/** Names the process that a health check on the mesh listener is for. */
export const PROCESS = "x-flashfit-process";
/** When Envoy received a call, epoch seconds with milliseconds: `1795312345.678`. Set by Envoy alone. */
export const RECEIVED = "x-flashfit-received";
