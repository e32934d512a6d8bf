import { once } from "node:events";
import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { timed } from "../../support/processor-time.ts";
import { argumentOf } from "../../support/script.ts";
import { dialects, type Endpoint } from "./dialects.ts";
import { Connection } from "./wire/connection.ts";

// A client in a process of its own, with one connection. Makes all requests, says "ready", waits for a line, and then asks
// until the time is over; answers are read to their end and not looked into. It stays connected until its input ends, so that
// what its server used for it can be read. Without seconds: every query once, looked into.

/** What a client is told, as JSON in its only argument. */
export interface ClientTask {
  endpoint: Endpoint;
  /** File of float32 values. */
  queries: string;
  dimensions: number;
  /** Number of the first query that it asks; each client another one. */
  first: number;
  seconds?: number;
}

export interface ClientResult {
  /** Of each call, milliseconds; none without seconds. */
  times: number[];
  seconds: number;
  /** Processor seconds of this process. */
  cpu: number;
  /** Row numbers of each query, k each; none with seconds. */
  rows: number[];
}

/** Calls before the clock starts, for compilers. */
const WARM_UP = 300;

const { endpoint, queries, dimensions, first, seconds } = argumentOf<ClientTask>();
const dialect = dialects[endpoint.dialect];
const file = readFileSync(queries);
const values = new Float32Array(file.buffer, file.byteOffset, file.length / 4);
const wire = dialect.wire(endpoint);
const frames = Array.from({ length: values.length / dimensions }, (_, at) =>
  wire.frame(dialect.request(values.subarray(at * dimensions, (at + 1) * dimensions), endpoint)),
);
const connection = await Connection.open(endpoint.address, wire);
const result: ClientResult = { times: [], seconds: 0, cpu: 0, rows: [] };
if (seconds === undefined) {
  for (const frame of frames) {
    const rows = dialect.rows(await connection.call(frame));
    if (rows.length !== endpoint.k) throw new Error(`expected ${endpoint.k} neighbours, got ${rows.length}`);
    result.rows.push(...rows);
  }
} else {
  let next = first;
  const ask = () => connection.call(frames[next++ % frames.length]!);
  for (let n = 0; n < WARM_UP; n++) await ask();
  const input = createInterface({ input: process.stdin });
  console.log("ready");
  await once(input, "line");
  const spent = await timed(async () => {
    const began = performance.now();
    for (let now = began; now - began < seconds * 1000; ) {
      await ask();
      const then = performance.now();
      result.times.push(then - now);
      now = then;
    }
  });
  result.cpu = spent.cpu;
  result.seconds = spent.wall;
  console.log(JSON.stringify(result));
  await once(input, "close");
}
connection.close();
if (seconds === undefined) console.log(JSON.stringify(result));
process.exit();
