import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { PassThrough } from "node:stream";
import t from "tap";
import { ensureMeshCertificates, spiffeId } from "../../envoy/certificates/mesh.ts";
import { IndexService, Metric, PlanKind } from "../../gen/flashfit/index/v1/index_pb.ts";
import { notFound, resourceExhausted } from "../../services/kit/errors.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";
import { CommandError } from "../command.ts";
import { run } from "../commands/index.ts";
import { releaseLock, takeLock } from "../state/lock.ts";

type Tap = Pick<typeof t, "testdir" | "teardown">;

/** A home in which a mesh seems to run, and behind its mesh listener a server that keeps IndexService's promises. */
async function setUp(t: Tap) {
  const home = t.testdir({ certs: {} });
  await ensureMeshCertificates({ folder: join(home, "certs") });
  const pem = (file: string) => readFileSync(join(home, "certs", file));
  const server = await createServer({
    name: "index",
    host: "127.0.0.1",
    port: 0,
    services: [IndexService],
    health: new HealthRegistry(),
    tls: { cert: pem("envoy.crt"), key: pem("envoy.key"), ca: pem("ca.crt"), peerId: spiffeId("cli") },
  });
  t.teardown(() => server.stop(0));
  const mesh = { differences: 0n, hangs: false, full: false, cancelled: Promise.withResolvers<void>() };
  server.install([
    implement(IndexService, {
      listIndexes: () => ({
        indexes: [
          {
            name: "a",
            model: "m",
            dimensions: 4,
            vectorCount: 12_345n,
            sizeBytes: 200_000n,
            engine: "flat",
            metric: Metric.L2,
          },
          { name: "b", model: "n", engine: "flat", metric: Metric.COSINE },
        ],
        appliedSeq: 77n,
      }),
      async *verify({ vectorShare }, { signal }) {
        yield { checked: 5n, total: 10n };
        if (mesh.hangs) {
          signal.addEventListener("abort", () => mesh.cancelled.resolve());
          process.kill(process.pid, "SIGINT");
          await mesh.cancelled.promise;
          return;
        }
        const examples = mesh.differences > 0n ? [{ itemId: "x", description: "in memory alone" }] : [];
        const vectorsChecked = BigInt(Math.round(vectorShare * 10));
        yield { checked: 10n, total: 10n, vectorsChecked, differences: mesh.differences, examples, done: true };
      },
      snapshot: () => {
        if (mesh.full)
          throw resourceExhausted("no snapshot was written to /data: the disk is full; the one before is kept");
        const snapshot = { generation: "generation-00000002", changeSeq: 77n, bytes: 1_000_000n, vectorCount: 1234n };
        return { snapshot, tookMs: 12n, snapshots: [snapshot] };
      },
      restore: ({ generation, fromStore }) => ({
        restoredSeq: 70n,
        appliedSeq: 77n,
        generation: fromStore ? "" : generation || "generation-00000002",
      }),
      async *compact({ index }) {
        yield { index: index || "a", phase: "copying", done: 5n, total: 10n };
        const result = { dropped: 3n, vectorCount: 7n, memoryBytes: 5000n, factory: "HNSW32,Flat", tookMs: 1500n };
        yield { index: index || "a", phase: "idle", result };
      },
      async *tune({ index, factories, targetRecall }) {
        yield { doing: "measured the exact scan", done: 1, total: 2, trial: { recall: 1, recallLow: 1, meanMs: 20 } };
        const trial = { factory: factories[0] ?? "HNSW32,Flat", params: { efSearch: 64 }, recall: 0.993, meanMs: 0.25 };
        yield { doing: `measured ${index}`, done: 2, total: 2, trial };
        const settings = ["INDEX_ENGINE=faiss", `INDEX_FACTORY=${trial.factory}`, "INDEX_EF_SEARCH=64"];
        const reachedTarget = trial.recall >= targetRecall;
        yield { done: 2, total: 2, proposal: { trial, reachedTarget, settings, reason: "this is the fastest" } };
      },
      async *benchmark({ index, queries, k }) {
        if (index !== "a") throw notFound(`no index "${index}"; there are a, b`);
        yield { done: 1, total: queries };
        const plan = { kind: PlanKind.GRAPH, engine: "faiss", reason: "it is faster" };
        const times = { p50Ms: 0.1234, p95Ms: 2, p99Ms: 345.6, meanMs: 1, exactMeanMs: 20 };
        const recall = { recall: 0.991, recallLow: 0.98 };
        yield {
          done: queries,
          total: queries,
          result: { index, engine: "faiss", queries, k, ...recall, ...times, plan },
        };
      },
    }),
  ]);
  await writeFile(join(home, "status.json"), JSON.stringify({ state: "ready", addresses: { mesh: server.url } }));
  takeLock(join(home, "launcher.lock"));
  t.teardown(() => releaseLock(join(home, "launcher.lock")));
  return { mesh, index: (...args: string[]) => runIndex(home, ...args) };
}

/** Runs `flashfit index …` in this process. */
async function runIndex(home: string, ...args: string[]) {
  const said = { stdout: "", stderr: "" };
  const stream = (name: keyof typeof said) =>
    new PassThrough({
      transform(chunk, _, done) {
        said[name] += chunk;
        done();
      },
    });
  const io = { stdout: stream("stdout"), stderr: stream("stderr"), env: { FLASHFIT_HOME: home }, cwd: home };
  try {
    return { code: await run(args, io), ...said };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { code: error.exitCode, stdout: said.stdout, stderr: error.message };
  }
}

t.test("what a running Index says is shown as tables and as JSON", async (t) => {
  const { mesh, index } = await setUp(t);
  t.match(await index("list"), { code: 0, stdout: /^a +m +flat +l2 +4 +12,345 +200 kB\n(.*\n)*\nup to change 77\n$/m });
  t.match(JSON.parse((await index("list", "--json")).stdout).indexes[1], { name: "b", metric: "cosine", vectors: 0 });

  const benchmark = await index("benchmark", "--queries", "50", "--k", "5");
  t.match(benchmark, {
    code: 0,
    stdout: /recall@5 .*\na +faiss .*99\.1 % +98\.0 % +0\.123 ms +2 ms +346 ms +20 ms +graph/,
  });
  t.match(benchmark.stderr, /50\/50 searches of a/);
  t.match(JSON.parse((await index("benchmark", "a", "--json")).stdout), [{ queries: 200, k: 10, plan: "graph" }]);
  t.match(await index("benchmark", "nope"), { code: 1, stderr: /no index "nope"; there are a, b/ });

  t.match(await index("verify", "--vectors", "0.5"), {
    code: 0,
    stdout: /^good: .*10 look-ups and 5 vectors compared/,
  });
  mesh.differences = 1n;
  t.match(await index("verify"), { code: 1, stdout: /^NOT GOOD: 1 items differ.*\n {2}✗ x: in memory alone/ });
  t.match(JSON.parse((await index("verify", "--json")).stdout), {
    ok: false,
    differences: 1,
    examples: [{ itemId: "x" }],
  });
});

t.test("snapshot, restore, compact and tune say what became of it", async (t) => {
  const { mesh, index } = await setUp(t);
  t.match(await index("snapshot"), {
    code: 0,
    stdout: /generation-00000002 +77 +1,234 +1\.0 MB(.*\n)*.*generation-00000002 was written in 12 ms/,
  });
  t.match(JSON.parse((await index("snapshot", "--json")).stdout), {
    written: { changeSeq: 77, vectors: 1234 },
    tookMs: 12,
  });
  mesh.full = true;
  t.match(await index("snapshot"), { code: 1, stderr: /the disk is full; the one before is kept/ });
  t.match(await index("restore"), { stdout: /^loaded generation-00000002 as of change 70, and what changed up to 77/ });
  t.match(await index("restore", "--from-store"), { stdout: /^loaded PostgreSQL as of change 70/ });
  const compacted = await index("compact", "b");
  t.match(compacted, {
    code: 0,
    stdout: /b +3 +7 +5\.0 kB +HNSW32,Flat +1500 ms/,
    stderr: /5\/10 vectors of b, copying/,
  });
  t.match(JSON.parse((await index("compact", "--json")).stdout), [{ index: "a", dropped: 3, memoryBytes: 5000 }]);
  const tuned = await index("tune", "a", "--factory", "HNSW8,Flat");
  t.match(tuned, {
    code: 0,
    stdout: /HNSW8,Flat +efSearch 64 +99\.3 %(.*\n)*this is the fastest:\n\nINDEX_ENGINE=faiss\n/,
  });
  t.match(tuned.stderr, /2\/2 graphs and parameters/);
  const strict = await index("tune", "a", "--recall", "0.999", "--json");
  t.match(
    [strict.code, JSON.parse(strict.stdout)],
    [1, { proposal: { reachedTarget: false, factory: "HNSW32,Flat" } }],
  );
  t.match(await index("tune"), { code: 2, stderr: /expected the name of an index/ });
});

t.test("Ctrl-C ends the call that is under way", async (t) => {
  const { mesh, index } = await setUp(t);
  mesh.hangs = true;
  t.match(await index("verify"), { code: 130, stderr: /cancelled\n$/ });
  await mesh.cancelled.promise;
});

t.test("a wrong call says what is right; without a mesh it says how to start one", async (t) => {
  const home = t.testdir();
  t.match(await runIndex(home), { code: 2, stdout: /flashfit index verify/ });
  t.match(await runIndex(home, "--help"), { code: 0 });
  t.match(await runIndex(home, "verify", "--help"), { code: 0, stdout: /^usage: flashfit index verify/ });
  t.match(await runIndex(home, "nope"), {
    code: 2,
    stderr: /expected one of list, benchmark, verify, tune, compact, snapshot, restore, got nope/,
  });
  t.match(await runIndex(home, "list", "x"), { code: 2, stderr: /expected 0 arguments, got 1/ });
  t.match(await runIndex(home, "list"), { code: 1, stderr: /no mesh runs in .*: start one with "npm start"/ });
  const { index } = await setUp(t);
  t.match(await index("benchmark", "--k", "1.5"), {
    code: 2,
    stderr: /--k: expected a whole number from 1 to 1000, got 1.5/,
  });
  t.match(await index("verify", "--vectors", "2"), { code: 2, stderr: /--vectors: expected from 0 to 1, got 2/ });
});
