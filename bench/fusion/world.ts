import { randomUUID } from "node:crypto";
import type { Client } from "@connectrpc/connect";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClients } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { type IdentityFiles, readIdentity } from "../../test/support/identity.ts";
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
  /** Who Fusion lets in. */
  tls: IdentityFiles;
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
    const tls = readIdentity(mesh.identity("fusion"));
    const client = meshClients({ baseUrl: mesh.addresses.mesh ?? "", tls, timeoutMs: 60_000 });
    const itemIds = Array.from({ length: count }, () => randomUUID() as string);
    const userId = "ann";
    const learnFrom = (ids: readonly string[]) => learn(client(FeedbackService), userId, ids);
    if (count > 0) {
      await fill(client(IndexService), itemIds, seed);
      await learnFrom(itemIds.slice(0, 20));
    }
    return {
      ...{ mesh, userId, itemIds, learn: learnFrom },
      fusionUrl: `https://127.0.0.1:${port}`,
      fusionPid: await mesh.pidOf("fusion"),
      metricsUrl: `http://127.0.0.1:${metricsPort}/metrics`,
      tls: mesh.identity("envoy"),
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
