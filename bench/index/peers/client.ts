import { readFileSync } from "node:fs";
import process from "node:process";
import { createInterface } from "node:readline";
import { timed } from "../../support/processor-time.ts";
import { argumentOf } from "../../support/script.ts";
import { dialects, type Endpoint } from "./dialects.ts";
import { Connection } from "./wire/connection.ts";

// A client in a process of its own, with one connection, which it keeps. Makes all requests, says "ready" when its code is
// compiled, and then asks for as many seconds as a line of its input says, each time one starts; answers are read to their end and
// not looked into. It ends with its input. Told to look: every query once, looked into.

/** What a client is told, as JSON in its only argument. */
export interface ClientTask {
  endpoint: Endpoint;
  /** File of float32 values. */
  queries: string;
  dimensions: number;
  /** Number of the first query that it asks; each client another one. */
  first: number;
  /** Each query once, whose rows are its last line: `k` numbers for each. */
  looks?: boolean;
}

/** Calls of some seconds. */
export interface Asked {
  /** Of each call, milliseconds. */
  times: number[];
  seconds: number;
  /** Processor seconds of this process. */
  cpu: number;
}

/** Calls before the first clock starts: with 300, a server that answers fast got a third more of them in the fourth second than in the first. */
const WARM_UP = 3000;

const { endpoint, queries, dimensions, first, looks } = argumentOf<ClientTask>();
const dialect = dialects[endpoint.dialect];
const file = readFileSync(queries);
const values = new Float32Array(file.buffer, file.byteOffset, file.length / 4);
const wire = dialect.wire(endpoint);
const frames = Array.from({ length: values.length / dimensions }, (_, at) =>
  wire.frame(dialect.request(values.subarray(at * dimensions, (at + 1) * dimensions), endpoint)),
);
const connection = await Connection.open(endpoint.address, wire);
if (looks) console.log(JSON.stringify(await rowsOfAll()));
else {
  let next = first;
  const ask = () => connection.call(frames[next++ % frames.length]!);
  for (let n = 0; n < WARM_UP; n++) await ask();
  console.log("ready");
  for await (const line of createInterface({ input: process.stdin })) {
    console.log(JSON.stringify(await askFor(Number(line), ask)));
  }
}
connection.close();
process.exit();

async function rowsOfAll(): Promise<number[]> {
  const found: number[] = [];
  for (const frame of frames) {
    const rows = dialect.rows(await connection.call(frame));
    if (rows.length !== endpoint.k) throw new Error(`expected ${endpoint.k} neighbours, got ${rows.length}`);
    found.push(...rows);
  }
  return found;
}

async function askFor(seconds: number, ask: () => Promise<unknown>): Promise<Asked> {
  const times: number[] = [];
  const { cpu, wall } = await timed(async () => {
    const began = performance.now();
    for (let now = began; now - began < seconds * 1000; ) {
      await ask();
      const then = performance.now();
      times.push(then - now);
      now = then;
    }
  });
  return { times, seconds: wall, cpu };
}
