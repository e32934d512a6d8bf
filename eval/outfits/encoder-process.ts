import { readFile } from "node:fs/promises";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { floatsFromBytes } from "../../services/kit/vector.ts";
import { startChild } from "../../test/support/child.ts";

/** What the Encoder says of a photograph. */
export interface Seen {
  vectors: Map<string, Float32Array>;
  category: string;
  colour: string;
}

const PARALLEL = 8;
const TIMEOUT_MS = 60_000;

/** The photographs as a real Encoder sees them, in the order given; the process ends when all are done. */
export async function seenByEncoder(files: readonly string[]): Promise<Seen[]> {
  const main = fileURLToPath(new URL("../../services/encoder/main.ts", import.meta.url));
  const settings = ["ENCODER_PORT=0", "ENCODER_METRICS_PORT=0"];
  const child = await startChild("env", [...settings, process.execPath, main], /"event":"serving"/);
  try {
    const line = child
      .output()
      .split("\n")
      .find((one) => one.includes('"event":"listening"'));
    const encoder = meshClient(EncoderService, { baseUrl: JSON.parse(line ?? "{}").url });
    const seen: Seen[] = [];
    const queue = files.entries();
    const work = async () => {
      for (const [i, file] of queue) {
        const photo = { case: "photo", value: await readFile(file) } as const;
        const answer = await encoder.encode({ input: photo }, { timeoutMs: TIMEOUT_MS });
        if (answer.unavailable.length > 0) throw new Error(`${answer.unavailable.join(", ")} did not answer ${file}`);
        seen[i] = {
          vectors: new Map(answer.embeddings.map(({ model, vector }) => [model, floatsFromBytes(vector)])),
          category: answer.categories[0]?.name ?? "",
          colour: answer.colours[0]?.name ?? "",
        };
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    return seen;
  } finally {
    await child.end("SIGTERM");
  }
}
