import { readFileSync } from "node:fs";
import process from "node:process";
import { setTimeout as pause } from "node:timers/promises";
import { Code, ConnectError } from "@connectrpc/connect";
import postgres from "postgres";
import t from "tap";
import { findHome } from "../../cli/state/home.ts";
import { ensureSecrets } from "../../cli/state/secrets.ts";
import { mallocLibrary } from "../../cli/up/malloc-library.ts";
import { databaseUrl } from "../../cli/up/parts/postgres.ts";
import { v8PoolFlags } from "../../cli/up/v8-pool.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { meshClient } from "../../services/kit/client.ts";
import { bytesFromFloats } from "../../services/kit/vector.ts";
import { backendsOf } from "../index/support/backends.ts";
import { again } from "../support/calls.ts";
import { readIdentity } from "../support/identity.ts";
import { startMesh } from "../support/mesh.ts";

const REPLICAS = ["index", "index-2", "index-3"];
const WAIT_MS = 20_000;

const mesh = await startMesh({ env: { INDEX_REPLICAS: "3", INDEX_HEALTH_HOLD_MS: "1000", INDEX_POLL_MS: "200" } });
t.teardown(() => mesh.stop());
const tls = readIdentity(mesh.identity("cli"));
const client = meshClient(IndexService, { baseUrl: mesh.addresses.mesh ?? "", tls, timeoutMs: 10_000 });

const vector = (n: number) => {
  const values = Float32Array.from({ length: 8 }, (_, at) => Math.sin((n + 1) * (at + 1)));
  return new Uint8Array(bytesFromFloats(values));
};
const itemOf = (itemId: string, n: number) => ({
  itemId,
  embeddings: [{ model: "clip", revision: "1", vector: vector(n) }],
});
const queryOf = (n: number) => ({ index: "clip_fashion", vector: vector(n) });

/** A write may be given again: the second one is another version of the same items. */
async function upsert(items: ReturnType<typeof itemOf>[]): Promise<bigint> {
  const after = [Code.Unavailable, Code.DeadlineExceeded];
  return (await again(() => client.upsert({ items }, { timeoutMs: 2000 }), { after, attempts: 20 })).changeSeq;
}

/** An answer of which a part had come when its replica was killed: nobody on the way can ask again. */
const CUT = /broke: Stream closed with error code NGHTTP2_INTERNAL_ERROR/;

/** Searches, eight at a time, until told to end. */
function keepSearching(minSeq: () => bigint) {
  let going = true;
  const seen = { answered: 0, cut: 0, failed: [] as string[] };
  const workers = Array.from({ length: 8 }, async (_, worker) => {
    for (let n = worker; going; n += 8) {
      try {
        await client.search({ queries: [queryOf(n)], k: 5, minSeq: minSeq() });
        seen.answered++;
      } catch (error) {
        const { message } = ConnectError.from(error);
        if (CUT.test(message)) seen.cut++;
        else seen.failed.push(message);
      }
      await pause(5); // pace
    }
  });
  return {
    seen,
    async end() {
      going = false;
      await Promise.all(workers);
      return seen;
    },
  };
}

interface EnvoyHost {
  address: { socket_address: { port_value: number } };
  stats: { name: string; value?: string }[];
  health_status: { failed_active_health_check?: boolean; failed_outlier_check?: boolean };
}

/** What Envoy thinks of the replicas, by name. */
async function hosts() {
  const answer = await fetch(`${mesh.addresses.admin}/clusters?format=json`);
  const { cluster_statuses } = (await answer.json()) as {
    cluster_statuses: { name: string; host_statuses?: EnvoyHost[] }[];
  };
  const all = cluster_statuses.find(({ name }) => name === "index")?.host_statuses ?? [];
  const { processes } = await mesh.status();
  return REPLICAS.map((name) => {
    const url = processes.find((one) => one.name === name)?.url ?? "";
    const host = all.find(({ address }) => String(address.socket_address.port_value) === new URL(url).port);
    const stat = (wanted: string) => Number(host?.stats.find((one) => one.name === wanted)?.value ?? 0);
    return { name, out: host?.health_status.failed_active_health_check === true, answered: stat("rq_success") };
  });
}

async function until(what: string, ask: () => Promise<boolean>): Promise<void> {
  for (const end = performance.now() + WAIT_MS; !(await ask()); await pause(50)) {
    if (performance.now() > end) throw new Error(`not within ${WAIT_MS} ms: ${what}`);
  }
}

const malloc = mallocLibrary(undefined);
t.test(
  "each replica, and nobody else, has its memory from the system's jemalloc",
  { skip: malloc === undefined && "skipped: no libjemalloc.so.2 here: apt-get install libjemalloc2" },
  async (t) => {
    const hasIt = async (name: string) =>
      readFileSync(`/proc/${await mesh.pidOf(name)}/maps`, "utf8").includes("jemalloc");
    for (const name of REPLICAS) t.ok(await hasIt(name), name);
    t.notOk(await hasIt("fusion"));
  },
);

const skip = process.platform !== "linux" && "skipped: command lines are read in /proc";
t.test("each replica, and nobody else, leaves a processor to its event loop", { skip }, async (t) => {
  const leaves = async (name: string) =>
    readFileSync(`/proc/${await mesh.pidOf(name)}/cmdline`, "utf8").includes(v8PoolFlags().join());
  for (const name of REPLICAS) t.ok(await leaves(name), name);
  t.notOk(await leaves("fusion"));
});

t.test("a write is read with min_seq, whichever replica answers, and all of them do", async (t) => {
  for (let n = 0; n < 30; n++) {
    const minSeq = await upsert([itemOf(`own-${n}`, n)]);
    const { results, appliedSeq } = await client.search({ queries: [queryOf(n)], k: 1, minSeq });
    t.ok(appliedSeq >= minSeq);
    t.equal(results[0]?.neighbours[0]?.itemId, `own-${n}`);
  }
  for (const { name, answered, out } of await hosts()) {
    t.notOk(out, `${name} is in`);
    t.ok(answered > 0, `${name} answered ${answered}`);
  }
});

t.test("kill -9 of a replica under load: no search fails, but for answers that were cut", async (t) => {
  const searching = keepSearching(() => 0n);
  await until("searches", async () => searching.seen.answered > 100);
  await mesh.killChild("index-2");
  await until("index-2 is back", async () => {
    const { processes } = await mesh.status();
    const one = processes.find(({ name }) => name === "index-2");
    return one?.state === "running" && one.restarts > 0 && (await hosts()).every(({ out }) => !out);
  });
  const { answered, cut, failed } = await searching.end();
  t.comment(`${answered} searches, ${cut} cut`);
  t.same(failed, []);
  t.ok(cut <= 8, "no more than were under way");
});

t.test("a replica that falls behind is left out, and comes back when it has caught up", async (t) => {
  const port = mesh.ports.postgres!;
  const sql = postgres(databaseUrl(port, ensureSecrets(findHome({ FLASHFIT_HOME: mesh.home }).secrets)), {
    max: 1,
    onnotice: () => {},
  });
  t.teardown(() => sql.end({ timeout: 1 }));
  const frozen = await backendsOf(await mesh.pidOf("index-3"), sql);
  t.ok(frozen.length > 0);
  for (const pid of frozen) process.kill(pid, "SIGSTOP");
  let minSeq = 0n;
  try {
    minSeq = await upsert(Array.from({ length: 500 }, (_, n) => itemOf(`more-${n}`, n)));
    await until("index-3 is left out", async () => (await hosts())[2]!.out);
    t.same(
      (await hosts()).map(({ out }) => out),
      [false, false, true],
    );
    // Envoy's admin page knows of it a moment before its workers do.
    const search = (_: unknown, n: number) =>
      client.search({ queries: [queryOf(n)], k: 5, minSeq }, { timeoutMs: 1000 });
    await until("no call goes there", async () =>
      (await Promise.allSettled(Array.from({ length: 8 }, search))).every(({ status }) => status === "fulfilled"),
    );
    const searching = keepSearching(() => minSeq);
    await until("searches", async () => searching.seen.answered > 100);
    process.kill(await mesh.pidOf("index-2"), "SIGTERM");
    await until("searches of the last one", async () => searching.seen.answered > 300);
    t.same((await searching.end()).failed, [], "the others answer, with min_seq, also when only one is left");
  } finally {
    for (const pid of frozen) process.kill(pid, "SIGCONT");
  }
  await until("index-3 is back", async () => (await hosts()).every(({ out }) => !out));
  const [, , third] = await hosts();
  const searching = keepSearching(() => minSeq);
  await until("index-3 answers", async () => (await hosts())[2]!.answered > third!.answered);
  t.same((await searching.end()).failed, []);
});
