import { randomUUID } from "node:crypto";
import tls from "node:tls";
import { type Client, Code, ConnectError, createClient } from "@connectrpc/connect";
import { createConnectTransport, createGrpcTransport } from "@connectrpc/connect-node";
import { Action, FeedbackService } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { EagerSessionManager } from "../../../services/kit/session-manager.ts";
import { refusal } from "../../support/calls.ts";

interface Edge {
  edgeUrl: string;
  caFile: string;
  ca: string;
}

/** What the edge lets through here, so that a burst can be above it and everything else below. */
export const rateLimit = { EDGE_RATE_LIMIT_RPS: "50", EDGE_RATE_LIMIT_BURST: "100" };
const BURST = 160;

/** More than a screenful of photos has. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;

const words = ["a red dress", "running shoes", "a warm coat", "blue jeans", "a hat for the sun"];

/** People who use a mesh, through its edge alone: half of the photos are added by each round. */
export class Traffic {
  readonly #edge: Edge;
  readonly #photos: Uint8Array[];
  readonly #wardrobe: Client<typeof WardrobeService>;
  readonly #fusion: Client<typeof FusionService>;
  readonly #feedback: Client<typeof FeedbackService>;

  constructor(edge: Edge, photos: Uint8Array[]) {
    this.#edge = edge;
    this.#photos = photos;
    // On a busy machine Node closes streams whose answer came before it was read, unless they are read at once.
    const sessionManager = new EagerSessionManager(edge.edgeUrl, MAX_ANSWER_BYTES, {}, { ca: edge.ca });
    const transport = createConnectTransport({
      baseUrl: edge.edgeUrl,
      httpVersion: "2",
      sessionManager,
      defaultTimeoutMs: 30_000,
    });
    this.#wardrobe = createClient(WardrobeService, transport);
    this.#fusion = createClient(FusionService, transport);
    this.#feedback = createClient(FeedbackService, transport);
    tls.setDefaultCACertificates([edge.ca]); // what fetch trusts in this process
  }

  /** Everything that people do, and some things that they should not. */
  async round(user: string, half: 0 | 1): Promise<void> {
    const photos = this.#photos.filter((_, i) => i % 2 === half);
    const ids = [...(await this.#addOneByOne(user, photos.slice(0, 5))), ...(await this.#addMany(photos.slice(5)))];
    await this.#recommend(user, photos, ids);
    await this.#look(user, ids);
    await this.#mistakes();
    await this.#pages();
    await this.#burst();
  }

  async #addOneByOne(ownerId: string, photos: Uint8Array[]): Promise<string[]> {
    const ids: string[] = [];
    for (const photo of photos) {
      const { garment } = await this.#wardrobe.addGarment({ garment: { ownerId, photo } });
      ids.push(garment!.id);
    }
    return ids;
  }

  /** Into the catalogue, as one stream. */
  async #addMany(photos: Uint8Array[]): Promise<string[]> {
    const ids: string[] = [];
    const sent = photos.map((photo, i) => ({ key: String(i), garment: { photo } }));
    for await (const { result } of this.#wardrobe.addGarments(stream(sent))) {
      if (result.case !== "added") throw new Error(`expected an added garment, got ${JSON.stringify(result.value)}`);
      ids.push(result.value.garment!.id);
    }
    return ids;
  }

  /** Five times by photo, by words and by garment; what comes back is liked, and the same like sent twice. */
  async #recommend(userId: string, photos: Uint8Array[], ids: string[]): Promise<void> {
    for (let i = 0; i < 5; i++) {
      const queries = [
        { case: "photo", value: photos[i]! },
        { case: "text", value: words[i]! },
        { case: "itemId", value: ids[i]! },
      ] as const;
      for (const query of queries) {
        const { items, recommendationId } = await this.#fusion.recommend({ query, userId, k: 5 });
        const [first] = items;
        if (!first) throw new Error(`expected garments for ${query.case} ${i}, got none`);
        const event = { eventId: randomUUID(), userId, itemId: first.id, action: Action.LIKE, recommendationId };
        await this.#feedback.recordEvents({ events: [event] });
        if (i === 0) await this.#feedback.recordEvents({ events: [event] });
      }
    }
  }

  async #look(userId: string, ids: string[]): Promise<void> {
    await this.#wardrobe.listGarments({ ownerId: userId });
    await this.#fusion.recommend({ userId });
    await this.#wardrobe.getGarmentPhoto({ id: ids[0]!, userId });
    await this.#wardrobe.batchGetGarmentPhotos({ ids, userId });
    await this.#feedback.getProfile({ userId });
  }

  /** Refused, each with the code that it should have. */
  async #mistakes(): Promise<void> {
    const nothing = this.#wardrobe.getGarment({ id: randomUUID() });
    await refused(Code.NotFound, nothing);
    const noPhoto = new TextEncoder().encode("this is no photo");
    await refused(Code.InvalidArgument, this.#fusion.recommend({ query: { case: "photo", value: noPhoto } }));
    await refused(Code.InvalidArgument, this.#fusion.recommend({ k: 1_000_000 }));
    const { edgeUrl, ca } = this.#edge;
    const grpc = createClient(FusionService, createGrpcTransport({ baseUrl: edgeUrl, nodeOptions: { ca } }));
    await refused(Code.InvalidArgument, grpc.recommend({ query: { case: "text", value: "" } }));
  }

  async #pages(): Promise<void> {
    for (const page of ["/app/", "/health", "/ready"]) {
      const answer = await fetch(this.#edge.edgeUrl + page, { signal: AbortSignal.timeout(10_000) });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`expected 200 for ${page}, got ${answer.status}`);
    }
  }

  /** More at once than one address may: some of them are told so. */
  async #burst(): Promise<void> {
    const calls = Array.from({ length: BURST }, () => this.#wardrobe.getGarment({ id: randomUUID() }));
    const failures = (await Promise.allSettled(calls)).map((call) =>
      call.status === "rejected" ? ConnectError.from(call.reason) : undefined,
    );
    const expected: unknown[] = [Code.NotFound, Code.ResourceExhausted];
    const others = failures.filter((failure) => !expected.includes(failure?.code));
    if (others.length > 0 || !failures.some((failure) => failure?.code === Code.ResourceExhausted))
      throw new Error(`expected not_found and some resource_exhausted in a burst, got also: ${others.join("; ")}`);
  }
}

async function* stream<T>(messages: T[]): AsyncGenerator<T, void> {
  yield* messages;
}

async function refused(code: Code, call: Promise<unknown>): Promise<void> {
  const error = await refusal(call);
  if (error.code !== code) throw new Error(`expected ${Code[code]}, got ${error}`);
}
