import { randomUUID } from "node:crypto";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Client } from "@connectrpc/connect";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClients } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { startMesh, type TestMesh } from "../../test/support/mesh.ts";
import { freePort } from "../../test/support/ports.ts";
import { xorshift } from "../onnx/random-weights.ts";

const MODELS = ["clip", "blip", "fashion"];
const DIMENSIONS = 512;
const LEARNED_MS = 30_000;

/** A whole mesh in which all people have the policy `adaptive`, and one of them has answered to garments. */
export interface World {
  mesh: TestMesh;
  userId: string;
  itemIds: string[];
  /** Resolves when the person has answered to these, and that is learned. */
  learn(itemIds: readonly string[]): Promise<void>;
  /** Fusion's own address, behind which only Envoy's certificate is let in; its process. */
  fusionUrl: string;
  fusionPid: number;
  metricsUrl: string;
  /** Files of the certificate that Fusion lets in. */
  tls: { cert: string; key: string; ca: string };
  /** Files of the certificate that Fusion itself has. */
  serverTls: { cert: string; key: string; ca: string };
}

/**
 * Starts it with so many items of random vectors in the Index, the first twenty of which the person has answered to; 0: with an empty
 * one. The caller stops the mesh.
 */
export async function startWorld(count: number, seed: number): Promise<World> {
  const [port, metricsPort] = [await freePort(), await freePort()];
  const env = { FUSION_PORT: String(port), FUSION_METRICS_PORT: String(metricsPort) };
  const mesh = await startMesh({ env });
  try {
    const file = (name: string) => join(mesh.home, "certs", name);
    const identity = (name: string) => ({ cert: file(`${name}.crt`), key: file(`${name}.key`), ca: mesh.caFile });
    const { cert, key, ca } = identity("fusion");
    const tls = { cert: readFileSync(cert), key: readFileSync(key), ca: readFileSync(ca) };
    const client = meshClients({ baseUrl: mesh.addresses.mesh ?? "", tls, timeoutMs: 60_000 });
    const itemIds = Array.from({ length: count }, () => randomUUID() as string);
    const userId = "ann";
    const learnFrom = (ids: readonly string[]) => learn(client(FeedbackService), userId, ids);
    if (count > 0) {
      await fill(client(IndexService), itemIds, seed);
      await learnFrom(itemIds.slice(0, 20));
    }
    const fusionPid = (await mesh.status()).processes.find(({ name }) => name === "fusion")?.pid;
    if (fusionPid === undefined) throw new Error("expected a process named fusion");
    return {
      ...{ mesh, userId, itemIds, learn: learnFrom, fusionPid, fusionUrl: `https://127.0.0.1:${port}` },
      metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      tls: identity("envoy"),
      serverTls: identity("fusion"),
    };
  } catch (error) {
    await mesh.stop();
    throw error;
  }
}

async function fill(index: Client<typeof IndexService>, itemIds: readonly string[], seed: number): Promise<void> {
  const next = xorshift(seed);
  const vector = () => bytesFromFloats(Float32Array.from({ length: DIMENSIONS }, () => next() / 2 ** 31 - 1));
  const items = itemIds.map((itemId) => ({
    itemId,
    category: "hat",
    colour: "red",
    embeddings: MODELS.map((model) => ({ model, revision: "1", vector: vector() })),
  }));
  for (let at = 0; at < items.length; at += 100) await index.upsert({ items: items.slice(at, at + 100) });
}

async function learn(
  feedback: Client<typeof FeedbackService>,
  userId: string,
  itemIds: readonly string[],
): Promise<void> {
  await feedback.setRollout({ shares: { adaptive: 100 } });
  const events = itemIds.map((itemId, at) => {
    return { eventId: randomUUID(), userId, itemId, action: at % 4 === 3 ? Action.DISLIKE : Action.LIKE };
  });
  await feedback.recordEvents({ events });
  for (const began = performance.now(); ; ) {
    const { profile } = await feedback.getProfile({ userId });
    if (profile?.itemWeights.length === events.length && profile.policy === "adaptive") return;
    if (performance.now() - began > LEARNED_MS) throw new Error(`expected a profile of ${events.length} answers`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
