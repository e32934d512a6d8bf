/** Header names by which a call's context travels from hop to hop. */
export const REQUEST_ID = "x-request-id";
export const TRACEPARENT = "traceparent";
export const CLAIMS = "x-flashfit-claims";
