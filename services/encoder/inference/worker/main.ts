/**
 * An inference process: the graphs of one model version, run one at a time for the parent at the other end of
 * descriptor 3. It ends when the parent closes that, or ends, however it ends.
 */
import process from "node:process";
import type { ReceivedFrame } from "../frames.ts";
import { openGraphs } from "../in-process.ts";
import type { Inference } from "../inference.ts";
import { FramePipe } from "./frame-pipe.ts";
import type { OpenAnswer, OpenRequest } from "./protocol.ts";

// Ctrl-C and a service manager's SIGTERM reach the whole group; the parent drains and then closes the pipe.
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => {});

const pipe = new FramePipe(3);
let inference: Inference | undefined;

for (let frame = pipe.read(); frame; frame = pipe.read()) {
  const answered = await answer(frame).catch((error: unknown) =>
    pipe.write({ kind: "failed", id: frame.id, rssBytes: residentBytes(), text: messageOf(error) }),
  );
  if (!answered) break;
}
process.exit(0);

async function answer({ kind, id, text, names, tensors }: ReceivedFrame): Promise<boolean> {
  if (kind === "open" && !inference) {
    const { files, options, bodies } = JSON.parse(text) as OpenRequest;
    if (bodies) pipe.readBodiesFrom(bodies);
    const opened = await openGraphs(files, options);
    inference = opened.inference;
    const answer: OpenAnswer = { graphs: inference.graphs, providers: opened.providers };
    return pipe.write({ kind: "opened", id, rssBytes: residentBytes(), text: JSON.stringify(answer) });
  }
  if (kind !== "run" || !inference) throw new TypeError(`did not expect ${kind} now`);
  const outputs = await inference.run(text, tensors, names);
  return pipe.write({ kind: "answer", id, rssBytes: residentBytes(), tensors: outputs });
}

function residentBytes(): number {
  return process.memoryUsage.rss();
}

/** Bounded, so that it fits the head of a frame. */
function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).slice(0, 4000);
}
