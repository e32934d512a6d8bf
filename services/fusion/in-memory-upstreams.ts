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
import { type Event, FeedbackService, type Recommendation } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { type Filter, IndexService, type Item } from "../../gen/flashfit/index/v1/index_pb.ts";
import { bytesFromFloats, floatsFromBytes } from "../kit/vector.ts";
import { INDEX_OF_MODEL } from "./model-indexes.ts";
import type { Upstreams } from "./upstreams.ts";

/** What tests of Fusion's handlers ask, without processes: exact, small, and each method to be replaced. */
export interface InMemoryUpstreams extends Upstreams {
  items: Map<string, Item>;
  /** What was recorded as shown. */
  recorded: Recommendation[];
  /** Events that were recorded. */
  events: Event[];
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
  const recorded: Recommendation[] = [];
  const events: Event[] = [];
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
    deleteByOwner({ ownerId }) {
      const own = [...items.values()].filter((item) => item.ownerId === ownerId);
      for (const { itemId } of own) items.delete(itemId);
      seq += 1n;
      return { changeSeq: seq, deleted: BigInt(own.length) };
    },
    get({ itemId }) {
      const item = items.get(itemId);
      if (item === undefined) throw new ConnectError("no such item", Code.NotFound);
      return { item, changeSeq: seq };
    },
    batchGet: ({ itemIds }) => ({ items: itemIds.flatMap((id) => items.get(id) ?? []), appliedSeq: seq }),
    search({ queries, k, filter, minSeq }) {
      if (minSeq > seq) throw new ConnectError("not there yet", Code.DeadlineExceeded);
      const passing = [...items.values()].filter((item) => filter !== undefined && passesFilter(item, filter));
      return {
        results: queries.map((query) => ({ index: query.index, neighbours: nearest(passing, query).slice(0, k) })),
      };
    },
    listIndexes: () => ({ indexes: [...INDEX_OF_MODEL].map(([model, name]) => ({ name, model })) }),
  };
  const feedback: Partial<ServiceImpl<typeof FeedbackService>> = {
    recordEvents(request) {
      const known = new Set(events.map(({ eventId }) => eventId));
      events.push(...request.events.filter(({ eventId }) => !known.has(eventId)));
      return {};
    },
    listEvents: () => ({}),
    getProfile: ({ userId }) => ({ profile: { userId } }),
    recordRecommendations({ recommendations }) {
      recorded.push(...recommendations);
      return { recorded: recommendations.map(() => ({})) };
    },
    async *watchLearning(_, { signal }) {
      yield { common: {} };
      await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
    },
    erasePerson({ userId }) {
      const before = events.length;
      events.splice(0, before, ...events.filter((event) => event.userId !== userId));
      return { removed: { event: BigInt(before - events.length) } };
    },
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
    recorded,
    events,
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

function passesFilter(item: Item, filter: Filter): boolean {
  const { ownerIds, excludeItemIds, categories, colours, anyTags, allTags, minPriceCents, maxPriceCents } = filter;
  return (
    ownerIds.includes(item.ownerId) &&
    !excludeItemIds.includes(item.itemId) &&
    (categories.length === 0 || categories.includes(item.category)) &&
    (colours.length === 0 || colours.includes(item.colour)) &&
    (anyTags.length === 0 || anyTags.some((tag) => item.tags.includes(tag))) &&
    allTags.every((tag) => item.tags.includes(tag)) &&
    item.priceCents >= minPriceCents &&
    (maxPriceCents === 0 || (item.priceCents > 0 && item.priceCents <= maxPriceCents))
  );
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
