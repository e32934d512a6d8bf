import { parentPort } from "node:worker_threads";
import { type Found, Kernel, type Slice } from "./kernel.ts";

/** What a thread is asked: to run a slice, or to let go of a block. */
export type ToWorker = { kind: "run"; slice: Slice } | { kind: "forget"; blockId: number };
/** What it says: that it has started, and what it has found, in the order in which it was asked. */
export type FromWorker = { kind: "ready" } | { kind: "found"; found: Found };

if (!parentPort) throw new Error("expected to run as a worker thread: start it through ScanThread");
const port = parentPort;
const kernel = new Kernel();
const say = (message: FromWorker) => port.postMessage(message);

port.on("message", (message: ToWorker) => {
  if (message.kind === "forget") kernel.forget(message.blockId);
  else say({ kind: "found", found: kernel.run(message.slice) });
});
say({ kind: "ready" });
