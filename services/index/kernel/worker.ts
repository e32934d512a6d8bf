import { parentPort } from "node:worker_threads";
import { type BlockHandle, type Found, Kernel, type Slice } from "./kernel.ts";

/** A slice of a block that the thread may have already: it comes without its memory then. */
export type SentSlice = Omit<Slice, "block"> & { block: BlockHandle | Pick<BlockHandle, "id"> };
/** What a thread is asked: to run a slice, or to let go of a block. */
export type ToWorker = { kind: "run"; slice: SentSlice } | { kind: "forget"; blockId: number };
/** What it says: that it has started, and what it has found, in the order in which it was asked. */
export type FromWorker = { kind: "ready" } | { kind: "found"; found: Found };

if (!parentPort) throw new Error("expected to run as a worker thread: start it through ScanThread");
const port = parentPort;
const kernel = new Kernel();
const blocks = new Map<number, BlockHandle>();
const say = (message: FromWorker) => port.postMessage(message);

port.on("message", (message: ToWorker) => {
  if (message.kind === "forget") blocks.delete(message.blockId);
  else say({ kind: "found", found: kernel.run({ ...message.slice, block: blockOf(message.slice) }) });
});
say({ kind: "ready" });

function blockOf({ block }: SentSlice): BlockHandle {
  if ("memory" in block) blocks.set(block.id, block);
  const known = blocks.get(block.id);
  if (!known) throw new Error(`block ${block.id} came without its memory`);
  return known;
}
