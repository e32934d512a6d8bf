/** What a server lets a caller use. Every field has a default in `DEFAULT_LIMITS`. */
export interface ServerLimits {
  /** Largest request message after decompression, in bytes. A larger one gets ResourceExhausted. */
  maxMessageBytes: number;
  /** Largest response message, in bytes. */
  maxResponseBytes: number;
  /** Open connections; one more is closed at once. */
  maxConnections: number;
  /** Calls at a time on one HTTP/2 connection (SETTINGS_MAX_CONCURRENT_STREAMS). */
  maxConcurrentStreams: number;
  /** HTTP/2 flow control window of a connection and of a stream, in bytes: a 10 MB photo must not wait for round trips. */
  windowBytes: number;
  /** Total size of request headers in bytes. */
  maxHeaderBytes: number;
  /** An HTTP/1.1 caller must have sent its headers within this time, in milliseconds. */
  headersTimeoutMs: number;
  /** A connection without an open call is closed after this time, in milliseconds. */
  idleTimeoutMs: number;
  /** Longest deadline a caller may ask for, in milliseconds; a longer one is refused. */
  maxTimeoutMs: number;
  /** Bytes of a refused request that are still read and thrown away, so that the caller can finish and read why. */
  maxDiscardBytes: number;
}

/** Defaults for a service behind Envoy. */
export const DEFAULT_LIMITS: ServerLimits = {
  maxMessageBytes: 16 * 1024 * 1024,
  maxResponseBytes: 64 * 1024 * 1024,
  maxConnections: 1024,
  maxConcurrentStreams: 256,
  windowBytes: 4 * 1024 * 1024,
  maxHeaderBytes: 64 * 1024,
  headersTimeoutMs: 10_000,
  idleTimeoutMs: 300_000,
  maxTimeoutMs: 24 * 60 * 60 * 1000,
  maxDiscardBytes: 64 * 1024 * 1024,
};
