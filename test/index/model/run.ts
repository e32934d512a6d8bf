import { gather } from "../../support/calls.ts";
import { judgeSearch, search } from "./ask.ts";
import { Cluster } from "./cluster.ts";
import { INDICES } from "./items.ts";
import { itemDifference, Lane } from "./lane.ts";
import { type Fault, operationsIn, type PlanSettings, planRound } from "./plan.ts";
import { type GraphRecall, Tally } from "./tally.ts";
import { History, type Items } from "./world.ts";

export interface ModelTestOptions extends Partial<PlanSettings> {
  seed: number;
  /** Rounds are begun until so many operations are done. */
  operations: number;
  /** To begin with. Default 2. */
  replicas?: number;
  /** Settings of the replicas. */
  env?: Record<string, string>;
  /** Told now and then how far it is. */
  onRound?: (round: number, operations: number) => void;
}

export interface ModelTestResult {
  operations: number;
  rounds: number;
  differences: string[];
  counts: Record<string, number>;
  faults: Record<string, number>;
  /** Of the answers that graphs gave, by index; empty: the replicas had no engine for graphs. */
  graphRecall: Record<string, GraphRecall>;
  /** What the replicas built graphs with, and why: "flat" is none. */
  engine: { name: string; version: string; reason: string };
}

/** Random operations on replicas of the Index in processes of their own, each answer compared with a model in memory. */
export async function runModelTest(options: ModelTestOptions): Promise<ModelTestResult> {
  const { seed, replicas = 2, env, onRound } = options;
  const settings: PlanSettings = { lanes: 6, ids: 300, steps: 12, faults: 0.15, ...defined(options) };
  const tally = new Tally();
  const cluster = await Cluster.start(replicas, env);
  let operations = 0;
  let round = 0;
  let engine = { name: "", version: "", reason: "" };
  try {
    engine = await engineOf(cluster);
    const lanes = Array.from({ length: settings.lanes }, (_, lane) => new Lane(lane, cluster, tally));
    for (; operations < options.operations && tally.differences.length === 0; round++) {
      tally.place = `seed ${seed}, round ${round}`;
      const plan = planRound(settings, round);
      const base = allItems(lanes);
      const baseSeq = lastSeqOf(lanes);
      await runLanes(lanes, plan.lanes, cluster, plan.fault);
      cluster.check();
      const items = allItems(lanes);
      compareGlimpses(base, baseSeq, lanes, tally);
      const minSeq = lastSeqOf(lanes);
      for (const { client } of cluster.replicas) {
        const calls = plan.quiet.map(async (call) => {
          tally.count("calls");
          const answer = await search((ask) => ask(client), call, minSeq);
          tally.judged(judgeSearch(items, call, answer), call);
        });
        await Promise.all(calls);
      }
      const last = operations + operationsIn(plan) >= options.operations;
      if (plan.audit || last) await audit(cluster, items, minSeq, tally);
      operations += operationsIn(plan);
      onRound?.(round, operations);
    }
    tally.judgeRecall();
  } catch (error) {
    // With where it was; what it was stays the cause.
    throw new Error(`${tally.place}: ${error instanceof Error ? error.message : error}`, { cause: error });
  } finally {
    await cluster.stop();
  }
  return {
    operations,
    rounds: round,
    differences: tally.differences,
    counts: tally.counts,
    faults: cluster.faults,
    graphRecall: tally.graphRecall,
    engine,
  };
}

async function engineOf(cluster: Cluster) {
  const { name = "", version = "", reason = "" } = (await (await cluster.pick(0)).client.listIndexes({})).engine ?? {};
  return { name, version, reason };
}

/** All lanes at once; the fault strikes when its share of the operations is done. */
async function runLanes(lanes: Lane[], plans: ReturnType<typeof planRound>["lanes"], cluster: Cluster, fault?: Fault) {
  const steps = plans.reduce((sum, plan) => sum + plan.length, 0);
  let done = 0;
  let struck: Promise<void> | undefined;
  const strike = () => {
    if (fault && !struck && done >= fault.after * steps) struck = cluster.strike(fault);
  };
  strike();
  await Promise.all(
    lanes.map(async (lane, at) => {
      lane.writes = [];
      lane.glimpses = [];
      for (const operation of plans[at]!) {
        await lane.run(operation);
        done++;
        strike();
      }
    }),
  );
  await struck;
}

function allItems(lanes: readonly Lane[]): Items {
  return new Map(lanes.flatMap(({ items }) => [...items]));
}

function lastSeqOf(lanes: readonly Lane[]): bigint {
  let last = 0n;
  for (const { lastSeq } of lanes) if (lastSeq > last) last = lastSeq;
  return last;
}

/** Compare each search that waited for nothing with the items as of the change that it says it saw. */
function compareGlimpses(base: Items, baseSeq: bigint, lanes: readonly Lane[], tally: Tally): void {
  const glimpses = lanes
    .flatMap((lane) => lane.glimpses)
    .sort((a, b) => (a.answer.appliedSeq < b.answer.appliedSeq ? -1 : 1));
  const history = History.of(
    base,
    baseSeq,
    lanes.flatMap(({ writes }) => writes),
  );
  if (!history) {
    tally.count("glimpses not compared", glimpses.length);
    return;
  }
  const states = history.at(glimpses.map(({ answer }) => answer.appliedSeq));
  for (const { call, answer } of glimpses) {
    const { value } = states.next();
    // A replica may be further behind than this round began, or see what a write without an answer did.
    if (!value) tally.count("glimpses not compared");
    else tally.judged(judgeSearch(value, call, answer), call);
  }
}

/** Everything in the store of record, and every replica against it. */
async function audit(cluster: Cluster, items: Items, minSeq: bigint, tally: Tally): Promise<void> {
  const owners = [...new Set(["", ...[...items.values()].map(({ ownerId }) => ownerId)])];
  const { client } = await cluster.pick(0);
  const listed = new Set<string>();
  // A filter names at most 16 owners.
  for (let from = 0; from < owners.length; from += 16) {
    const filter = { ownerIds: owners.slice(from, from + 16) };
    for (let pageToken = ""; ; ) {
      const page = await client.list({ filter, pageSize: 1000, pageToken, withEmbeddings: true });
      for (const item of page.items) {
        listed.add(item.itemId);
        const difference = itemDifference(items.get(item.itemId), item, true);
        if (difference) tally.differs(`in the store of record: ${item.itemId} ${difference}`);
      }
      pageToken = page.nextPageToken;
      if (pageToken === "") break;
    }
  }
  for (const itemId of items.keys())
    if (!listed.has(itemId)) tally.differs(`in the store of record: ${itemId} is missing`);
  for (const { name, client } of cluster.replicas) {
    const messages = await gather(client.verify({ vectorShare: 1 }));
    const end = messages.at(-1);
    for (const { itemId, description } of end?.examples ?? [])
      tally.differs(`${name} verified: ${itemId} ${description}`);
    if (!end?.done || end.differences > 0n) tally.differs(`${name} verified: ${end?.differences} differences`);
    const { indexes, appliedSeq } = await client.listIndexes({});
    if (appliedSeq < minSeq) tally.differs(`${name} is at ${appliedSeq}, expected ${minSeq}`);
    for (const { index, model } of INDICES) {
      const count = [...items.values()].filter(({ vectors }) => vectors.has(model)).length;
      const held = indexes.find((one) => one.name === index)?.vectorCount;
      if (held !== BigInt(count)) tally.differs(`${name} holds ${held} vectors in ${index}, expected ${count}`);
    }
  }
  tally.count("audits");
}

/** Without what is not set, so that a default stays. */
function defined(options: ModelTestOptions): Partial<PlanSettings> & { seed: number } {
  const { seed, lanes, ids, steps, faults } = options;
  return JSON.parse(JSON.stringify({ seed, lanes, ids, steps, faults }));
}
