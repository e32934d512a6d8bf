import { Code, ConnectError } from "@connectrpc/connect";
import type { Item } from "../../../gen/flashfit/index/v1/index_pb.ts";
import { floatsFromBytes } from "../../../services/kit/vector.ts";
import { again, gather } from "../../support/calls.ts";
import type { IndexClient } from "../support/index-process.ts";
import { bytesOf, itemMessage, judgeSearch, type SearchAnswer, search } from "./ask.ts";
import type { Cluster } from "./cluster.ts";
import { Dice } from "./dice.ts";
import { drawItem, INDICES, itemIdOf, type ModelFilter, type ModelItem, passes } from "./items.ts";
import { expected, wrong } from "./judge.ts";
import type { Operation, SearchCall } from "./plan.ts";
import type { Tally } from "./tally.ts";
import { applyChanges, deleteChanges, type Items, type ModelChange, upsertChanges, type Write } from "./world.ts";

/** A search of all items that waited for nothing: to be compared with the items of its time, once they are known. */
export interface Glimpse {
  call: SearchCall;
  answer: SearchAnswer;
}

/** A caller with items of its own: nobody else writes them, so each of its answers can be compared at once. */
export class Lane {
  readonly items: Items = new Map();
  /** Acknowledged in this round. */
  writes: Write[] = [];
  glimpses: Glimpse[] = [];
  lastSeq = 0n;
  readonly #lane: number;
  readonly #cluster: Cluster;
  readonly #tally: Tally;
  #calls = 0;

  constructor(lane: number, cluster: Cluster, tally: Tally) {
    this.#lane = lane;
    this.#cluster = cluster;
    this.#tally = tally;
    this.#calls = lane;
  }

  async run(operation: Operation): Promise<void> {
    switch (operation.kind) {
      case "upsert":
        return this.#upsert(operation.items);
      case "delete": {
        const { itemIds } = operation;
        const changes = deleteChanges(this.items, itemIds);
        return this.#write(changes, async (client) => {
          const { changeSeq, deleted } = await client.delete({ itemIds });
          return { changeSeq, done: deleted };
        });
      }
      case "delete-owner": {
        const { ownerId } = operation;
        const own = [...this.items.values()].filter((item) => item.ownerId === ownerId);
        const changes = deleteChanges(
          this.items,
          own.map(({ itemId }) => itemId),
        );
        return this.#write(changes, async (client) => {
          const { changeSeq, deleted } = await client.deleteByOwner({ ownerId });
          return { changeSeq, done: Number(deleted) };
        });
      }
      case "searches":
        await Promise.all(operation.calls.map((call) => this.#search(call)));
        return;
      case "glimpse": {
        const answer = await search((call) => this.#ask(call), operation.call, 0n);
        this.glimpses.push({ call: operation.call, answer });
        return;
      }
      case "range":
        return this.#range(operation.call);
      case "gets":
        await Promise.all(operation.itemIds.map((itemId) => this.#compare(itemId)));
        return;
      case "list":
        return this.#list(operation);
      case "snapshot":
        return this.#operate(operation.kind, (client) => client.snapshot({}));
      case "restore":
        // The store of record, because there may be no snapshot yet.
        return this.#operate(operation.kind, (client) => client.restore({ fromStore: true }));
      case "compact":
        return this.#operate(operation.kind, (client) => gather(client.compact({})));
    }
  }

  /** What changes nothing of the items; that its replica is killed meanwhile is no difference. */
  async #operate(kind: string, work: (client: IndexClient) => Promise<unknown>): Promise<void> {
    const replica = await this.#cluster.pick(this.#calls++);
    try {
      await work(replica.client);
      this.#tally.count(kind);
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable) throw error;
      this.#tally.count(`${kind} not done`);
    }
  }

  /** Give a reading call to a replica; to the next one as long as they are away. */
  #ask<T>(call: (client: IndexClient) => Promise<T>): Promise<T> {
    const askOne = async () => {
      const replica = await this.#cluster.pick(this.#calls++);
      this.#tally.count("calls");
      return await call(replica.client);
    };
    const between = () => {
      this.#tally.count("retries");
      return this.#cluster.calm();
    };
    return again(askOne, { between });
  }

  async #upsert(items: ModelItem[]): Promise<void> {
    const messages = items.map(itemMessage);
    await this.#write(upsertChanges(items), async (client) => ({
      changeSeq: (await client.upsert({ items: messages })).changeSeq,
      done: items.length,
    }));
  }

  async #write(
    changes: ModelChange[],
    send: (client: IndexClient) => Promise<{ changeSeq: bigint; done: number }>,
  ): Promise<void> {
    const replica = await this.#cluster.pick(this.#calls++);
    this.#tally.count("calls");
    try {
      const { changeSeq, done } = await send(replica.client);
      if (done !== changes.length) this.#differs(`${done} items were deleted, expected ${changes.length}`);
      if (changeSeq < this.lastSeq) this.#differs(`acknowledged as ${changeSeq}, after ${this.lastSeq}`);
      this.#acknowledged(changeSeq, changes);
      this.#tally.count("acknowledged writes");
    } catch (error) {
      if (ConnectError.from(error).code !== Code.Unavailable) throw error;
      this.#tally.count("writes without an answer");
      await this.#cluster.settled(replica);
      if (await this.#landed(changes)) {
        this.#tally.count("of these done");
        applyChanges(this.items, changes);
      }
      // Its place in the log is behind whatever became of the other write.
      const marker = drawItem(new Dice(this.#calls), this.#lane, itemIdOf(this.#lane, 0), `marker-${this.#calls}`);
      await this.#upsert([marker]);
    }
  }

  #acknowledged(changeSeq: bigint, changes: ModelChange[]): void {
    applyChanges(this.items, changes);
    if (changes.length > 0) this.writes.push({ lastSeq: changeSeq, changes });
    this.lastSeq = changeSeq;
  }

  /** Whether a write that was not answered was done: wholly or not at all, or it is a difference. */
  async #landed(changes: ModelChange[]): Promise<boolean> {
    const after = new Map(changes.map(({ itemId, item }) => [itemId, item?.revision]));
    const states = await Promise.all(
      [...after].map(async ([itemId, revision]) => {
        const stored = (await this.#get(itemId))?.embeddings[0]?.revision;
        if (stored === revision) return "done";
        return stored === this.items.get(itemId)?.revision ? "not done" : `${itemId} is at ${stored}`;
      }),
    );
    const [first, ...others] = new Set(states);
    if (others.length === 0 && (first === "done" || first === "not done")) return first === "done";
    if (states.length === 0) return false;
    throw new Error(`a write was done by half: ${states.join(", ")}`);
  }

  async #get(itemId: string): Promise<Item | undefined> {
    try {
      return (await this.#ask((client) => client.get({ itemId }))).item;
    } catch (error) {
      if (ConnectError.from(error).code === Code.NotFound) return undefined;
      throw error;
    }
  }

  async #compare(itemId: string): Promise<void> {
    const difference = itemDifference(this.items.get(itemId), await this.#get(itemId), true);
    if (difference) this.#differs(`get ${itemId}: ${difference}`);
  }

  async #search(call: SearchCall): Promise<void> {
    const answer = await search((one) => this.#ask(one), call, this.lastSeq);
    if (answer.appliedSeq < this.lastSeq) this.#differs(`min_seq ${this.lastSeq} was answered at ${answer.appliedSeq}`);
    this.#tally.judged(judgeSearch(this.items, call, answer), call);
  }

  async #range({ queries: [query], filter, k }: SearchCall): Promise<void> {
    const { index, vector } = query!;
    const minScore = { cosine: 0.25, l2: -40, ip: 3 }[INDICES.find((one) => one.index === index)!.metric];
    const request = { query: { index, vector: bytesOf(vector) }, minScore, filter, limit: k, minSeq: this.lastSeq };
    const { neighbours, more } = await this.#ask(async (client) => {
      const messages = await gather(client.rangeSearch(request));
      return { neighbours: messages.flatMap((message) => message.neighbours), more: messages.at(-1)?.more === true };
    });
    const asked = { index, vector, k, filter, minScore };
    const all = expected(this.items.values(), asked);
    const difference = wrong(all, neighbours, asked);
    if (difference) this.#differs(`range in ${index}: ${difference}`);
    // Of scores that are not whole numbers some may be on either side of the limit.
    const inRange = (slack: number) => all.filter(({ score }) => score >= minScore + slack).length;
    if (inRange(1e-5) > k !== more && inRange(-1e-5) > k !== more) this.#differs(`range in ${index}: more is ${more}`);
  }

  async #list({
    filter,
    pageSize,
    withEmbeddings,
  }: {
    filter: ModelFilter;
    pageSize: number;
    withEmbeddings: boolean;
  }) {
    const listed: Item[] = [];
    for (let pageToken = ""; ; ) {
      const page = await this.#ask((client) => client.list({ filter, pageSize, pageToken, withEmbeddings }));
      listed.push(...page.items);
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
    const all = [...this.items.values()].filter((item) => passes(item, filter));
    const ids = all.map(({ itemId }) => itemId).sort();
    if (ids.join() !== listed.map(({ itemId }) => itemId).join())
      this.#differs(`list: expected ${ids}, got other items`);
    for (const item of listed) {
      const difference = itemDifference(this.items.get(item.itemId), item, withEmbeddings);
      if (difference) this.#differs(`list: ${item.itemId}: ${difference}`);
    }
  }

  #differs(what: string): void {
    this.#tally.differs(`lane ${this.#lane}: ${what}`);
  }
}

/** What differs between an item and its message; undefined: nothing. */
export function itemDifference(
  expected: ModelItem | undefined,
  got: Item | undefined,
  withEmbeddings: boolean,
): string | undefined {
  if (!expected || !got) return expected || got ? (expected ? "is missing" : "must not be there") : undefined;
  for (const name of ["ownerId", "category", "colour", "priceCents"] as const) {
    if (expected[name] !== got[name]) return `${name} is ${got[name]}, expected ${expected[name]}`;
  }
  if (expected.tags.join() !== got.tags.join()) return `tags are ${got.tags}, expected ${expected.tags}`;
  if (!withEmbeddings) return undefined;
  if (got.embeddings.length !== expected.vectors.size) return `has ${got.embeddings.length} vectors`;
  for (const { model, revision, vector } of got.embeddings) {
    if (revision !== expected.revision) return `is version ${revision}, expected ${expected.revision}`;
    const sent = expected.vectors.get(model);
    const metric = INDICES.find((one) => one.model === model)?.metric;
    if (!sent || !metric) return `has a vector of ${model}`;
    const length = metric === "cosine" ? Math.hypot(...sent) : 1;
    const stored = floatsFromBytes(vector);
    const same = stored.length === sent.length && stored.every((value, at) => near(value, sent[at]! / length));
    if (!same) return `has another vector of ${model}`;
  }
  return undefined;
}

function near(a: number, b: number): boolean {
  return Math.abs(a - b) <= 1e-6;
}
