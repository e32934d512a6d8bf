import type { AnnBuild } from "../ann.ts";
import { addRows, trainingSample } from "../feed-rows.ts";
import type { Native, Pointer } from "./native.ts";
import { NativeThread, type ThreadOptions } from "./native-thread.ts";

/** Build an index in a thread of its own. What was begun is freed when it is not finished. */
export async function buildIndex(native: Native, options: ThreadOptions, build: AnnBuild): Promise<Pointer> {
  const { dimensions, metric, factory, signal } = build;
  signal?.throwIfAborted();
  const thread = new NativeThread(options);
  let index: Pointer | undefined;
  try {
    const made = (await thread.run({ op: "create", dimensions, factory, metric }))!;
    index = made;
    if (!native.describe(made).trained) {
      const sample = await trainingSample(build);
      await thread.run({ op: "train", index: made, count: sample.length / dimensions, vectors: sample });
    }
    await addRows(build, (vectors, count) => thread.run({ op: "add", index: made, count, vectors }));
    await thread.run({ op: "settle" });
    return made;
  } catch (error) {
    if (index !== undefined) await native.freeAsync(index);
    throw error;
  } finally {
    await thread.end();
  }
}
