import { existsSync } from "node:fs";
import { join } from "node:path";
import { startChild } from "../../test/support/child.ts";
import { keepAsking } from "../support/load.ts";
import { readPhotos, unseen } from "../support/photos.ts";
import { cpuSecondsOf } from "../support/processor-time.ts";

/** A running infinity-emb with a random ViT-B/32. */
export interface Infinity {
  url: string;
  pid: number | undefined;
  stop(): Promise<void>;
}

export interface InfinityMeasure {
  imagesPerSecond: number;
  /** Processor time of its process for one photograph, seconds; undefined when its id is not known. */
  cpuSeconds: number | undefined;
}

const OFFLINE = { HF_HUB_OFFLINE: "1", INFINITY_ANONYMOUS_USAGE_STATS: "0", DO_NOT_TRACK: "1" };
const URL = "http://127.0.0.1:7997/embeddings";

/**
 * Start it from a folder where it was installed: `ve/` is its Python environment, `clip32/` a CLIP ViT-B/32 with random weights
 * as transformers saves it. On these processors, undefined: on all.
 *
 * @returns why not, where it is not there
 */
export async function startInfinity(
  peers: string | undefined,
  cores: string | undefined,
): Promise<Infinity | { reason: string }> {
  const [server, model] = ["ve/bin/infinity_emb", "clip32"].map((name) => join(peers ?? "", name)) as [string, string];
  if (!peers || !existsSync(server) || !existsSync(model)) {
    return {
      reason: "no infinity-emb: give --infinity URL, or set PEERS_DIR to a folder with ve/bin/infinity_emb and clip32",
    };
  }
  const options =
    "--engine torch --device cpu --dtype float32 --batch-size 16 --no-bettertransformer --no-model-warmup";
  const address = "--served-model-name clip --host 127.0.0.1 --port 7997";
  const [program = "", ...args] = [
    ...(cores === undefined ? [] : ["taskset", "-c", cores]),
    ...[server, "v2", "--model-id", model],
    ...`${address} ${options}`.split(" "),
  ];
  const child = await startChild(program, args, /Uvicorn running|Application startup complete/, OFFLINE);
  return { url: URL, pid: child.process.pid, stop: () => child.end("SIGTERM") };
}

/** Photographs a second at a concurrency, by the API that it has: base64 in JSON. */
export async function measureInfinity(
  { url, pid }: Pick<Infinity, "url" | "pid">,
  { concurrency, seconds, seed }: { concurrency: number; seconds: number; seed: number },
): Promise<InfinityMeasure> {
  const photos = (await readPhotos(64, seed)) ?? [];
  let sent = 0;
  const call = async () => {
    const photo = unseen(photos[sent % photos.length] ?? Buffer.alloc(0), `infinity ${sent++}`);
    const input = [`data:image/jpeg;base64,${Buffer.from(photo).toString("base64")}`];
    const body = JSON.stringify({ model: "clip", modality: "image", encoding_format: "base64", input });
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!answer.ok) throw new Error(`infinity answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  await call();
  const before = pid === undefined ? undefined : cpuSecondsOf(pid);
  const load = await keepAsking(Array<typeof call>(concurrency).fill(call), seconds);
  const used = pid === undefined || before === undefined ? undefined : cpuSecondsOf(pid) - before;
  return {
    imagesPerSecond: load.calls / load.seconds,
    cpuSeconds: used === undefined ? undefined : used / load.calls,
  };
}
