import { parentPort, workerData } from "node:worker_threads";
import type { HugePages } from "./huge-pages.ts";
import { lowerPriority } from "./lower-priority.ts";
import { loadNative, type Pointer } from "./native.ts";
import type { NativeReply, NativeTask, ThreadOptions } from "./native-thread.ts";

// A thread that does one long call of FAISS after the other. Its errors keep their words, because FAISS keeps these for
// the thread that failed, and it may use several processors where a search uses one. Searches go first.

lowerPriority(); // before FAISS starts threads of its own
const { library, threads } = workerData as ThreadOptions;
const native = await loadNative(library);
native.setThreads(threads);
/** Of the build that this thread does, if it does one. */
let hugePages: HugePages | undefined;

function run(task: NativeTask): Pointer | undefined {
  switch (task.op) {
    case "create":
      hugePages = native.hugePages();
      return native.createIndex(task.dimensions, task.factory, task.metric);
    case "train":
      native.train(task.index, task.count, task.vectors);
      return undefined;
    case "add":
      native.add(task.index, task.count, task.vectors);
      return undefined;
    case "read":
      return native.readIndex(task.file, task.flags);
    case "write":
      native.writeIndex(task.index, task.file);
      return undefined;
    case "settle":
      hugePages?.collapse();
      return undefined;
  }
}

parentPort!.on("message", (task: NativeTask) => {
  let reply: NativeReply;
  try {
    reply = { value: run(task) };
  } catch (error) {
    reply = { error: error instanceof Error ? error.message : String(error) };
  }
  parentPort!.postMessage(reply);
});
