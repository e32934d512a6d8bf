import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { readPhotos, unseen } from "./photos.ts";

/** A running infinity-emb with a random ViT-B/32. */
export interface Infinity {
  url: string;
  pid: number | undefined;
  stop(): void;
}

export interface InfinityMeasure {
  imagesPerSecond: number;
  /** Processor time of its process for one photograph, seconds; undefined when its id is not known. */
  cpuSeconds: number | undefined;
}

const OFFLINE = { HF_HUB_OFFLINE: "1", INFINITY_ANONYMOUS_USAGE_STATS: "0", DO_NOT_TRACK: "1" };
const READY_MS = 240_000;

/**
 * Start it from a folder where it was installed: `ve/` is its Python environment, `clip32/` a CLIP ViT-B/32 with random weights
 * as transformers saves it. On these processors, undefined: on all.
 */
export async function startInfinity(
  peers: string,
  cores: string | undefined,
  signal = AbortSignal.timeout(READY_MS),
): Promise<Infinity> {
  const options =
    "--engine torch --device cpu --dtype float32 --batch-size 16 --no-bettertransformer --no-model-warmup";
  const address = "--served-model-name clip --host 127.0.0.1 --port 7997";
  const command = [
    ...(cores === undefined ? [] : ["taskset", "-c", cores]),
    ...[join(peers, "ve/bin/infinity_emb"), "v2", "--model-id", join(peers, "clip32")],
    ...`${address} ${options}`.split(" "),
  ];
  const child = spawn(command[0] ?? "", command.slice(1), {
    stdio: ["ignore", "ignore", "pipe"],
    env: { ...process.env, ...OFFLINE },
  });
  const url = "http://127.0.0.1:7997/embeddings";
  await new Promise<void>((resolve, reject) => {
    let written = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      written += text;
      if (/Uvicorn running|Application startup complete/.test(written)) resolve();
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`infinity ended with ${code} before it was ready:\n${written}`)));
    signal.addEventListener("abort", () => reject(new Error(`infinity was not ready in ${READY_MS} ms:\n${written}`)));
  });
  return { url, pid: child.pid, stop: () => child.kill("SIGTERM") };
}

/** Photographs a second at a concurrency, by the API that it has: base64 in JSON. */
export async function measureInfinity(
  { url, pid }: Pick<Infinity, "url" | "pid">,
  { concurrency, seconds, seed }: { concurrency: number; seconds: number; seed: number },
): Promise<InfinityMeasure> {
  const photos = (await readPhotos(64, seed)) ?? [];
  let [sent, done] = [0, 0];
  const call = async () => {
    const photo = unseen(photos[sent % photos.length] ?? Buffer.alloc(0), `infinity ${sent++}`);
    const input = [`data:image/jpeg;base64,${Buffer.from(photo).toString("base64")}`];
    const body = JSON.stringify({ model: "clip", modality: "image", encoding_format: "base64", input });
    const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
    if (!answer.ok) throw new Error(`infinity answered ${answer.status}: ${await answer.text()}`);
    await answer.arrayBuffer();
  };
  await call();
  const [started, cpu] = [performance.now(), pid === undefined ? undefined : cpuSecondsOf(pid)];
  const caller = async () => {
    while (performance.now() - started < seconds * 1000) {
      await call();
      done++;
    }
  };
  await Promise.all(Array.from({ length: concurrency }, caller));
  const imagesPerSecond = (done / (performance.now() - started)) * 1000;
  const used = pid === undefined || cpu === undefined ? undefined : cpuSecondsOf(pid) - cpu;
  return { imagesPerSecond, cpuSeconds: used === undefined ? undefined : used / done };
}

/** User and system time of a process, by Linux' /proc in ticks of 10 ms. */
function cpuSecondsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[11]) + Number(fields[12])) / 100;
}
