import { bytesFromFloats } from "../../services/kit/vector.ts";
import { IndexProcess } from "../../test/index/support/index-process.ts";
import { startPostgres } from "../../test/support/postgres.ts";
import { startServer } from "../../test/support/server-process.ts";
import { type CallTimes, measuredLoad } from "../support/load.ts";
import { answer, measureOptions } from "../support/measure.ts";
import { median } from "../support/statistics.ts";
import type { SearchLoad } from "./client.ts";
import { benchData, K } from "./data.ts";

// Processor time of the Index's process for a Search among ten vectors, which is next to no search, over that of an echo of
// the same size: by a service of the kit that does nothing, and by the kit's server alone. No Envoy and no TLS on any side.

const { quick, seed } = measureOptions();
const { dimensions, files, rows } = await benchData({ quick: true });
const postgres = await startPostgres();
const env = { INDEX_MODELS: "clip=clip_fashion:l2" };
const index = await IndexProcess.start({ databaseUrl: postgres.url, name: "bench", env });
const program = new URL("echo-server.ts", import.meta.url);
const echo = await startServer(program);
const bare = await startServer(program, { env: { BARE: "1" } });
const sides = { index: { url: index.url, pid: index.child.pid! }, echo, bare };
const turns: Record<keyof typeof sides, number>[] = [];
try {
  const items = Array.from({ length: K }, (_, row) => ({
    itemId: `item-${10_000 + row}`,
    embeddings: [{ model: "clip", revision: "1", vector: new Uint8Array(bytesFromFloats(rows(row, 1).slice())) }],
  }));
  const { changeSeq } = await index.client.upsert({ items });
  const query = { index: "clip_fashion", vector: items[0]!.embeddings[0]!.vector };
  await index.client.search({ queries: [query], k: 1, minSeq: changeSeq });
  const client = new URL("client.ts", import.meta.url);
  const common = { seconds: quick ? 1.5 : 4, clients: 8, queries: files.queries, dimensions, k: K, index: query.index };
  for (let turn = 0; turn < (quick ? 3 : 6); turn++) {
    const found = { index: 0, echo: 0, bare: 0 };
    for (const [name, { url, pid }] of Object.entries(sides)) {
      const load: SearchLoad = { ...common, url };
      const { summary, cpu } = await measuredLoad<CallTimes, "server">(client, load, { server: pid });
      found[name as keyof typeof sides] = (cpu.server / summary.calls) * 1e6;
    }
    // The first turn is for compilers.
    if (turn > 0) turns.push(found);
  }
} finally {
  await Promise.all([echo.end("SIGKILL"), bare.end("SIGKILL"), index.kill9()]);
  await postgres.stop();
}
answer({
  ratios: {
    rpc_over_echo_cpu: median(turns.map(({ index, echo }) => index / echo)),
    rpc_over_bare_echo_cpu: median(turns.map(({ index, bare }) => index / bare)),
  },
  figures: {
    indexCpuMicros: median(turns.map((turn) => turn.index)),
    echoCpuMicros: median(turns.map((turn) => turn.echo)),
    bareEchoCpuMicros: median(turns.map((turn) => turn.bare)),
    seed,
  },
});
