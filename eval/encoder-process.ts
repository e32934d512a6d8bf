import type { Client } from "@connectrpc/connect";
import { EncoderService } from "../gen/flashfit/encoder/v1/encoder_pb.ts";
import { meshClient } from "../services/kit/client.ts";
import { startServer } from "../test/support/server-process.ts";

/** Gives `work` a real Encoder with the default pack, in a process of its own that ends when the work is done. */
export async function withEncoder<T>(work: (encoder: Client<typeof EncoderService>) => Promise<T>): Promise<T> {
  const env = { ENCODER_PORT: "0", ENCODER_METRICS_PORT: "0" };
  const server = await startServer(new URL("../services/encoder/main.ts", import.meta.url), { env });
  try {
    return await work(meshClient(EncoderService, { baseUrl: server.url }));
  } finally {
    await server.end("SIGTERM");
  }
}
