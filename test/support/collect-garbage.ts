import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

setFlagsFromString("--expose-gc");

/** Collect garbage now: all of it, or only what is young. On Node. */
export const collectGarbage: (options?: { type: "minor" }) => void = runInNewContext("gc");
