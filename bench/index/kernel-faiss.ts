import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";

/** Seconds that some searches took, and what the last one found. */
export interface Measured {
  wall: number;
  cpu: number;
  /** Row numbers, `k` a query. */
  rows: number[];
}

/** FAISS Flat with one thread in Python, which answers line by line so that it and we can take turns. */
export interface FaissFlat {
  search(batch: number, times: number): Promise<Measured>;
  stop(): void;
}

const program = `
import json, sys, time
import faiss, numpy as np
n, d, queries, k, metric, file = int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4]), sys.argv[5], sys.argv[6]
faiss.omp_set_num_threads(1)
values = np.fromfile(file, dtype="float32").reshape(n + queries, d)
index = faiss.IndexFlatIP(d) if metric == "ip" else faiss.IndexFlatL2(d)
index.add(values[:n])
asked = np.ascontiguousarray(values[n:])
print(json.dumps({"version": faiss.__version__}), flush=True)
for line in sys.stdin:
    batch, times = json.loads(line)
    wall, cpu = time.perf_counter(), time.process_time()
    for i in range(times):
        first = (i * batch) % (queries - batch + 1)
        _, rows = index.search(asked[first:first + batch], k)
    measured = {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu, "rows": rows.ravel().tolist()}
    print(json.dumps(measured), flush=True)
`;

export interface FaissOptions {
  /** A Python that can import faiss and numpy. */
  python: string;
  /** Float32 values of the rows, then of the queries. */
  file: string;
  count: number;
  dimensions: number;
  queries: number;
  k: number;
  metric: "ip" | "l2";
}

/** Starts it; fails if this Python has no FAISS. */
export async function startFaiss(options: FaissOptions): Promise<FaissFlat & { version: string }> {
  const { python, file, count, dimensions, queries, k, metric } = options;
  const args = ["-c", program, ...[count, dimensions, queries, k, metric, file].map(String)];
  const env = { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" };
  const child = spawn(python, args, { stdio: ["pipe", "pipe", "inherit"], env });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const read = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) throw new Error(`${python} ended before it answered: does it have faiss-cpu and numpy?`);
    return JSON.parse(value) as T;
  };
  await once(child, "spawn");
  const { version } = await read<{ version: string }>();
  return {
    version,
    search(batch, times) {
      child.stdin.write(`${JSON.stringify([batch, times])}\n`);
      return read<Measured>();
    },
    stop: () => child.kill(),
  };
}
