import postgres, { type Sql } from "postgres";
import { replay } from "../../../services/feedback/learner/replay.ts";
import { encodeCommon, encodePerson } from "../../../services/feedback/learning/codec.ts";
import { FeedbackCluster } from "./cluster.ts";
import { Lane } from "./lane.ts";
import { eventsIn, Plan, type PlanSettings } from "./plan.ts";

export interface ModelTestOptions extends Partial<PlanSettings> {
  seed: number;
  /** Rounds are begun until so many events were sent. */
  events: number;
  onRound?: (round: number, events: number) => void;
}

export interface ModelTestResult {
  events: number;
  rounds: number;
  differences: string[];
  counts: Record<string, number>;
  faults: Record<string, number>;
}

/** Random events, repetitions, conflicts, recommendations and fresh starts through a real Envoy, while parts are killed. */
export async function runModelTest(options: ModelTestOptions): Promise<ModelTestResult> {
  const { seed, lanes: laneCount = 6, people = 12, steps = 20, faults = 0.5, onRound } = options;
  const plan = new Plan({ seed, lanes: laneCount, people, steps, faults });
  const cluster = await FeedbackCluster.start();
  const began = Math.floor(Date.now() / 1000) - 60;
  const lanes = Array.from({ length: laneCount }, () => new Lane(cluster, began));
  const differences = () => lanes.flatMap((lane) => lane.differences);
  const found: string[] = [];
  let events = 0;
  let round = 0;
  const sql = postgres(cluster.databaseUrl, { max: 4, onnotice: () => {}, backoff: () => 0.05 });
  const counts: Record<string, number> = {};
  try {
    for (; events < options.events && differences().length === 0; round++) {
      const { lanes: operations, fault } = plan.next();
      const total = laneCount * steps;
      let done = 0;
      let struck: Promise<void> | undefined;
      const strike = () => {
        if (fault && !struck && done >= fault.after * total) struck = cluster.strike(fault.kind);
      };
      strike();
      await Promise.all(
        operations.map(async (list, at) => {
          for (const operation of list) {
            await lanes[at]!.run(operation);
            done++;
            strike();
          }
        }),
      );
      await struck;
      cluster.check();
      events += eventsIn({ lanes: operations });
      onRound?.(round, events);
    }
    await audit(sql, lanes, found, counts);
  } catch (error) {
    throw new Error(`seed ${seed}, round ${round}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  } finally {
    await sql.end({ timeout: 1 });
    await cluster.stop();
  }
  for (const lane of lanes) for (const [name, n] of Object.entries(lane.counts)) counts[name] = (counts[name] ?? 0) + n;
  return { events, rounds: round, differences: [...differences(), ...found], counts, faults: cluster.faults };
}

/** The log against the model, then what was learned against a replay of the log from zero, bit for bit. */
async function audit(sql: Sql, lanes: readonly Lane[], differences: string[], counts: Record<string, number>) {
  for (const lane of lanes) {
    const people = new Set([...lane.kept.values()].map(({ userId }) => userId));
    for (const userId of people) await lane.compare(userId);
  }
  const learnedSeq = await untilLearned(sql);
  const [log] = await sql<{ events: number; keys: number; shown: number; others: number; last: string }[]>`
    select (select count(*)::int from feedback.event) as events, (select count(*)::int from feedback.event_key) as keys,
      (select count(*)::int from feedback.recommendation) as shown,
      (select count(*)::int from feedback.reset) + (select count(*)::int from feedback.prior) as others,
      (select last_seq from feedback.log_position) as last`;
  const { events, keys, shown, others, last } = log!;
  const kept = lanes.reduce((sum, lane) => sum + lane.kept.size, 0);
  const recommended = lanes.reduce((sum, lane) => sum + lane.recommendations.size, 0);
  const differs = (what: string, got: unknown, expected: unknown) => {
    if (got !== expected) differences.push(`${what}: ${got}, expected ${expected}`);
  };
  differs("events in the log", events, kept);
  differs("ids of events", keys, kept);
  differs("recommendations in the log", shown, recommended);
  differs("entries of the log, which has no gap", events + shown + others, Number(last));

  const replayed = await replay(sql, learnedSeq);
  const [learner] = await sql<{ common: Uint8Array }[]>`select common from feedback.learner`;
  if (!Buffer.from(encodeCommon(replayed.common)).equals(learner!.common)) differences.push("what is common differs");
  const profiles = await sql<{ user_id: string; state: Uint8Array }[]>`select user_id, state from feedback.profile`;
  differs("profiles", profiles.length, replayed.people.size);
  for (const { user_id, state } of profiles) {
    const person = replayed.people.get(user_id);
    if (!person || !Buffer.from(encodePerson(person)).equals(state))
      differences.push(`the profile of ${user_id} differs`);
  }
  const items = await sql<{ item_id: string; counts: string }[]>`
    select item_id, shown || ' ' || positive || ' ' || negative as counts from feedback.item_count`;
  differs("counted items", items.length, replayed.itemCounts.size);
  for (const { item_id, counts: got } of items) {
    const one = replayed.itemCounts.get(item_id);
    differs(`counts of ${item_id}`, got, one && `${one.shown} ${one.positive} ${one.negative}`);
  }
  Object.assign(counts, { "events kept": events, "entries learned": Number(learnedSeq), profiles: profiles.length });
}

/** Waits until the learner is at the end of the log. @returns where that is */
async function untilLearned(sql: Sql): Promise<bigint> {
  for (const began = performance.now(); ; ) {
    const [row] = await sql<{ learned_seq: string; last_seq: string }[]>`
      select learned_seq, last_seq from feedback.learner cross join feedback.log_position`;
    const { learned_seq, last_seq } = row!;
    if (learned_seq === last_seq) return BigInt(last_seq);
    if (performance.now() - began > 120_000)
      throw new Error(`learned up to ${learned_seq}, the log ends at ${last_seq}`);
  }
}
