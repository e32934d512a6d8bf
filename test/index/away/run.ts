import { connect } from "node:http2";
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import { Metrics } from "../../../bench/support/prometheus.ts";
import { again } from "../../support/calls.ts";
import { startPostgres } from "../../support/postgres.ts";
import { bytesOf } from "../model/ask.ts";
import { freezePostgres } from "../support/frozen-postgres.ts";
import { IndexProcess } from "../support/index-process.ts";

/** How PostgreSQL goes away: it hangs with its connections open, or it is killed. */
export const WAYS = ["hangs", "is killed"] as const;
export type Way = (typeof WAYS)[number];

/** What was seen while PostgreSQL was away, and after. */
export interface AwayResult {
  way: Way;
  /** Between going away and coming back. */
  awaySeconds: number;
  searches: { answered: number; failed: string[]; slowestMs: number; answeredAway: number };
  /** `refused` by code. */
  upserts: { acknowledged: number; refused: Record<string, number>; slowestMs: number };
  /** Acknowledged items that a replica cannot find afterwards, by replica. */
  lost: string[];
  /** Of each replica: from PostgreSQL's return until it had everything. */
  caughtUpMs: number[];
  /** Of each replica: `faiss_index_health_part` of the connection, and gRPC health, before, meanwhile and after. */
  connection: { before: number[]; away: number[]; after: number[] };
  serving: { away: boolean[]; after: boolean[] };
}

const DIMENSIONS = 8;
const UPSERT_MS = 1500;
const SEARCH_MS = 5000;
/** By then it is known that PostgreSQL is away. */
const NOTICED_MS = 15_000;
/** Pace of writers and searchers: they are to find out what is answered, not how much. */
const PACE_MS = 20;

const vectorOf = (n: number) =>
  bytesOf(Float32Array.from({ length: DIMENSIONS }, (_, at) => Math.sin(n * (at + 1)) + 0.01));

/** Let PostgreSQL be away for so long, and until it was noticed, while two replicas of the Index are searched and written to. */
export async function runAway(way: Way, seconds: number): Promise<AwayResult> {
  const server = await startPostgres();
  const replicas: IndexProcess[] = [];
  const traffic = new AbortController();
  try {
    for (const name of ["one", "two"])
      replicas.push(await IndexProcess.start({ databaseUrl: server.url, name, env: { INDEX_POLL_MS: "200" } }));
    const result = emptyResult(way);
    const state = { away: false };
    const enough = Promise.withResolvers<void>();
    const acknowledged: string[] = [];
    const working = replicas.flatMap((replica, at) => [
      write(replica, `r${at}`, acknowledged, result, traffic.signal, () => {
        if (acknowledged.length >= 50) enough.resolve();
      }),
      search(replica, result, state, traffic.signal),
      search(replica, result, state, traffic.signal),
    ]);
    await Promise.race([enough.promise, ...working]);
    result.connection.before = await Promise.all(replicas.map(connectionOf));

    const goOn = way === "hangs" ? await freezePostgres(server.adminUrl) : undefined;
    if (!goOn) await server.kill9();
    const began = performance.now();
    state.away = true;
    await pause(seconds * 1000); // the fault itself
    result.connection.away = await Promise.all(replicas.map(noticed));
    result.serving.away = await Promise.all(replicas.map(isServing));
    state.away = false;
    result.awaySeconds = (performance.now() - began) / 1000;
    if (goOn) goOn();
    else await server.restart();

    const back = performance.now();
    const last = await accepted(replicas[0]!);
    await Promise.all(
      replicas.map(async ({ client }) => {
        const query = { index: "clip_fashion", vector: vectorOf(0) };
        await client.search({ queries: [query], k: 1, minSeq: last }, { timeoutMs: 30_000 });
        result.caughtUpMs.push(performance.now() - back);
      }),
    );
    traffic.abort();
    await Promise.all(working);
    const end = await accepted(replicas[0]!);
    for (const replica of replicas) result.lost.push(...(await missing(replica, acknowledged, end)));
    result.connection.after = await Promise.all(replicas.map(connectionOf));
    result.serving.after = await Promise.all(replicas.map(isServing));
    return result;
  } finally {
    traffic.abort();
    await Promise.all(replicas.map((replica) => replica.kill9()));
    await server.stop();
  }
}

function emptyResult(way: Way): AwayResult {
  return {
    way,
    awaySeconds: 0,
    searches: { answered: 0, failed: [], slowestMs: 0, answeredAway: 0 },
    upserts: { acknowledged: 0, refused: {}, slowestMs: 0 },
    lost: [],
    caughtUpMs: [],
    connection: { before: [], away: [], after: [] },
    serving: { away: [], after: [] },
  };
}

async function write(
  { client, name }: IndexProcess,
  prefix: string,
  acknowledged: string[],
  { upserts }: AwayResult,
  signal: AbortSignal,
  onWritten: () => void,
): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const itemId = `${name}-${prefix}-${n}`;
    const began = performance.now();
    try {
      await client.upsert({ items: [itemOf(itemId, n)] }, { timeoutMs: UPSERT_MS });
      acknowledged.push(itemId);
      upserts.acknowledged++;
      onWritten();
    } catch (error) {
      const code = Code[ConnectError.from(error).code];
      upserts.refused[code] = (upserts.refused[code] ?? 0) + 1;
    }
    upserts.slowestMs = Math.max(upserts.slowestMs, performance.now() - began);
    await pause(PACE_MS); // pace
  }
}

async function search(
  { client, name }: IndexProcess,
  { searches }: AwayResult,
  state: { away: boolean },
  signal: AbortSignal,
): Promise<void> {
  for (let n = 0; !signal.aborted; n++) {
    const began = performance.now();
    const { away } = state;
    try {
      await client.search(
        { queries: [{ index: "clip_fashion", vector: vectorOf(n) }], k: 5 },
        { timeoutMs: SEARCH_MS },
      );
      searches.answered++;
      if (away && state.away) searches.answeredAway++;
    } catch (error) {
      searches.failed.push(`${name}: ${ConnectError.from(error).message}`);
    }
    searches.slowestMs = Math.max(searches.slowestMs, performance.now() - began);
    await pause(PACE_MS); // pace
  }
}

function itemOf(itemId: string, n: number) {
  return { itemId, embeddings: [{ model: "clip", revision: "1", vector: vectorOf(n) }] };
}

async function accepted({ client }: IndexProcess): Promise<bigint> {
  const after = [Code.Unavailable, Code.DeadlineExceeded];
  const between = () => pause(PACE_MS); // pace
  const upsert = () => client.upsert({ items: [itemOf("back", 1)] }, { timeoutMs: 10_000 });
  return (await again(upsert, { after, between })).changeSeq;
}

/** Those of these items that a replica's own memory does not have at a change. */
async function missing({ client, name }: IndexProcess, itemIds: string[], minSeq: bigint): Promise<string[]> {
  await client.search({ queries: [{ index: "clip_fashion", vector: vectorOf(0) }], k: 1, minSeq });
  const lost: string[] = [];
  for (let from = 0; from < itemIds.length; from += 1000) {
    const chunk = itemIds.slice(from, from + 1000);
    const there = new Set((await client.batchGet({ itemIds: chunk })).items.map(({ itemId }) => itemId));
    lost.push(...chunk.filter((itemId) => !there.has(itemId)).map((itemId) => `${name} lacks ${itemId}`));
  }
  return lost;
}

async function connectionOf(replica: IndexProcess): Promise<number> {
  const labels = { part: "connection", index: "clip_fashion" };
  return new Metrics(await replica.metrics()).only("faiss_index_health_part", labels);
}

/** The same, once it is 0, or after a while. */
async function noticed(replica: IndexProcess): Promise<number> {
  for (const end = performance.now() + NOTICED_MS; ; await pause(PACE_MS)) {
    const part = await connectionOf(replica);
    if (part === 0 || performance.now() > end) return part;
  }
}

/** What Envoy asks. */
async function isServing({ url }: IndexProcess): Promise<boolean> {
  const session = connect(url);
  try {
    return await new Promise<boolean>((resolve, reject) => {
      session.once("error", reject);
      const request = session.request({ ":path": "/healthz" });
      request.once("error", reject);
      request.once("response", (headers) => resolve(headers[":status"] === 200));
      request.resume().end();
    });
  } finally {
    session.destroy();
  }
}
