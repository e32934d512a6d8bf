/** How long work on the event loop may keep it before it gives way, in milliseconds. */
export const TURN_MS = 2;
