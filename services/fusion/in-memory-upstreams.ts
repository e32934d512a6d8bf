import { createHash } from "node:crypto";
import {
  type Client,
  Code,
  ConnectError,
  createClient,
  createRouterTransport,
  type ServiceImpl,
} from "@connectrpc/connect";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { IndexService, type Item } from "../../gen/flashfit/index/v1/index_pb.ts";
import { bytesFromFloats, floatsFromBytes } from "../kit/vector.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import type { Upstreams } from "./upstreams.ts";

/** What tests of Fusion's handlers ask, without processes: exact, small, and each method to be replaced. */
export interface InMemoryUpstreams extends Upstreams {
  items: Map<string, Item>;
  /** What was called, in order: "encode", "search", … */
  calls: string[];
  replace: {
    encoder?: Partial<ServiceImpl<typeof EncoderService>>;
    index?: Partial<ServiceImpl<typeof IndexService>>;
    feedback?: Partial<ServiceImpl<typeof FeedbackService>>;
  };
}

/** Encoder: three unit vectors from a hash of the input; Index: cosine over a Map; Feedback: knows nobody. */
export function inMemoryUpstreams(): InMemoryUpstreams {
  const items = new Map<string, Item>();
  const calls: string[] = [];
  const replace: InMemoryUpstreams["replace"] = {};
  let seq = 0n;

  const encoder: Partial<ServiceImpl<typeof EncoderService>> = {
    encode: ({ input, models }) => ({
      embeddings: [...INDEX_OF_MODEL.keys()]
        .filter((model) => models.length === 0 || models.includes(model))
        .map((model) => ({
          model,
          revision: "1",
          vector: hashVector(model, input.case === "pixels" ? input.value.rgb : (input.value ?? "")),
        })),
      categories: input.case === "photo" ? [{ name: "t-shirt", probability: 0.9 }] : [],
      colours: input.case === "photo" ? [{ name: "red", probability: 0.8 }] : [],
      caption: input.case === "photo" ? "a red t-shirt" : "",
    }),
    listModels: () => ({}),
  };
  const index: Partial<ServiceImpl<typeof IndexService>> = {
    upsert(request) {
      for (const item of request.items) items.set(item.itemId, item);
      seq += 1n;
      return { changeSeq: seq };
    },
    delete({ itemIds }) {
      const deleted = itemIds.filter((id) => items.delete(id)).length;
      seq += 1n;
      return { changeSeq: seq, deleted };
    },
    get({ itemId }) {
      const item = items.get(itemId);
      if (item === undefined) throw new ConnectError("no such item", Code.NotFound);
      return { item, changeSeq: seq };
    },
    search({ queries, k, filter, minSeq }) {
      if (minSeq > seq) throw new ConnectError("not there yet", Code.DeadlineExceeded);
      const passing = [...items.values()].filter(
        (item) =>
          filter?.ownerIds.includes(item.ownerId) &&
          !filter.excludeItemIds.includes(item.itemId) &&
          (filter.categories.length === 0 || filter.categories.includes(item.category)),
      );
      return {
        results: queries.map((query) => ({ index: query.index, neighbours: nearest(passing, query).slice(0, k) })),
      };
    },
    listIndexes: () => ({ indexes: [...INDEX_OF_MODEL].map(([model, name]) => ({ name, model })) }),
  };
  const feedback: Partial<ServiceImpl<typeof FeedbackService>> = {
    recordEvents: () => ({}),
    listEvents: () => ({}),
    getProfile: ({ userId }) => ({ profile: { userId } }),
  };

  const transport = createRouterTransport((router) => {
    router.service(
      EncoderService,
      overlay(encoder, () => replace.encoder, calls),
    );
    router.service(
      IndexService,
      overlay(index, () => replace.index, calls),
    );
    router.service(
      FeedbackService,
      overlay(feedback, () => replace.feedback, calls),
    );
  });
  const client = <S extends typeof EncoderService | typeof IndexService | typeof FeedbackService>(
    service: S,
  ): Client<S> => createClient(service, transport);
  return {
    encoder: client(EncoderService),
    index: client(IndexService),
    feedback: client(FeedbackService),
    items,
    calls,
    replace,
  };
}

/** The same methods, counted, and replaced where `replacement` has one at the time of the call. */
function overlay<T extends object>(methods: T, replacement: () => Partial<T> | undefined, calls: string[]): T {
  return Object.fromEntries(
    Object.entries(methods).map(([name, method]) => [
      name,
      (...args: unknown[]) => {
        calls.push(name);
        const chosen = (replacement() as Record<string, unknown> | undefined)?.[name] ?? method;
        return (chosen as (...args: unknown[]) => unknown)(...args);
      },
    ]),
  ) as T;
}

/** 8 dimensions, unit length, decided by the model's name and the input. */
export function hashVector(model: string, input: string | Uint8Array): Uint8Array {
  const digest = createHash("sha256").update(model).update(input).digest();
  const raw = Float32Array.from({ length: 8 }, (_, i) => digest.readInt16LE(2 * i));
  const length = Math.hypot(...raw);
  return bytesFromFloats(raw.map((x) => x / length));
}

function nearest(items: Item[], query: { index: string; vector: Uint8Array }) {
  const wanted = floatsFromBytes(query.vector);
  return items
    .flatMap(({ itemId, embeddings }) => {
      const vector = embeddings.find(({ model }) => INDEX_OF_MODEL.get(model) === query.index)?.vector;
      return vector
        ? [{ itemId, score: floatsFromBytes(vector).reduce((sum, x, i) => sum + x * (wanted[i] ?? 0), 0) }]
        : [];
    })
    .sort((a, b) => b.score - a.score);
}
