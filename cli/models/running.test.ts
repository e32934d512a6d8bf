import { readFileSync } from "node:fs";
import { cp, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import { createClient } from "redis";
import t from "tap";
import { ensureMeshCertificates, spiffeId } from "../../envoy/certificates/mesh.ts";
import { EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { CACHE_EPOCH_KEY } from "../../services/encoder/config.ts";
import { MODELS } from "../../services/encoder/repository/testing.ts";
import { failedPrecondition, notFound } from "../../services/kit/errors.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";
import { startValkey } from "../../test/support/valkey.ts";
import { releaseLock, takeLock } from "../state/lock.ts";
import { runModels } from "./testing.ts";

type Tap = Pick<typeof t, "testdir" | "teardown">;

/** A home in which a mesh seems to run, and behind its mesh listener a server that keeps EncoderService's promises. */
async function setUp(t: Tap) {
  const root = t.testdir({ home: { certs: {} }, models: {} });
  const home = join(root, "home");
  await ensureMeshCertificates({ folder: join(home, "certs") });
  const pem = (file: string) => readFileSync(join(home, "certs", file));
  const serving = { mine: "2" };
  const revisions = ["1", "2", "3", "broken"];
  const server = await createServer({
    name: "encoder",
    host: "127.0.0.1",
    port: 0,
    services: [EncoderService],
    health: new HealthRegistry(),
    tls: { cert: pem("envoy.crt"), key: pem("envoy.key"), ca: pem("ca.crt"), peerId: spiffeId("cli") },
  });
  t.teardown(() => server.stop(0));
  server.install([
    implement(EncoderService, {
      listModels: () => ({
        models: revisions.map((revision) => {
          const broken = revision === "broken";
          const state =
            revision === serving.mine ? ModelState.SERVING : broken ? ModelState.BROKEN : ModelState.STANDBY;
          return { name: "mine", revision, state, dimensions: 256, variant: "fp32", reason: broken ? "no graph" : "" };
        }),
      }),
      activateModel: ({ name, revision }) => {
        if (name !== "mine" || !revisions.includes(revision)) throw notFound(`${name} ${revision}`);
        if (revision === "broken") throw failedPrecondition("mine broken: no graph");
        const previousRevision = serving.mine;
        serving.mine = revision;
        return { previousRevision };
      },
    }),
  ]);
  await writeFile(join(home, "status.json"), JSON.stringify({ state: "ready", addresses: { mesh: server.url } }));
  takeLock(join(home, "launcher.lock"));
  t.teardown(() => releaseLock(join(home, "launcher.lock")));
  for (const version of ["1", "2"]) {
    await mkdir(join(root, "models/mine"), { recursive: true });
    await cp(join(MODELS, "clip/1"), join(root, "models/mine", version), { recursive: true });
  }
  const env = { MODEL_DIR: join(root, "models"), FLASHFIT_HOME: home };
  return { root, serving, models: (...args: string[]) => runModels(env, root, ...args) };
}

t.test("a running Encoder says which version answers; another is activated, and rolled back", async (t) => {
  const { root, serving, models } = await setUp(t);
  const list = async () => JSON.parse((await models("list", "--json")).stdout);
  t.match(await list(), [
    { name: "mine", version: "1", state: "standby", variants: ["fp32"] },
    { name: "mine", version: "2", state: "serving", dimensions: 256 },
    { name: "mine", version: "3", state: "standby", origin: "not in this MODEL_DIR" },
    { name: "mine", version: "broken", state: "broken", reason: "no graph" },
  ]);
  t.match(await models("remove", "mine", "2"), { code: 1, stderr: /mine 2 answers calls \(serving\)/ });
  t.match(await models("activate", "mine", "3"), { code: 0, stdout: /mine 3 is serving, 2 did before/ });
  t.equal(serving.mine, "3");
  t.match(await models("activate", "mine", "3"), { code: 0, stdout: /mine 3 is serving, as before/ });
  t.match(await models("rollback", "mine"), { code: 0, stdout: /mine 2 is serving, 3 did before/ });
  await writeFile(join(root, "models/active.json"), '{"mine":{"active":"2","previous":"3"}}');
  t.match(await models("rollback", "mine", "--json"), { code: 0, stdout: /"version": "3"/ }, "what was active before");
  t.match(await models("activate", "mine", "broken"), { code: 1, stderr: /failedprecondition: mine broken: no graph/ });
  t.match(await models("activate", "other", "1"), { code: 1, stderr: /notfound: other 1/ });
  t.match(await models("rollback", "other"), { code: 1, stderr: /the Encoder knows no model other/ });
  await models("activate", "mine", "1");
  await writeFile(join(root, "models/active.json"), "{}");
  t.match(await models("rollback", "mine"), { code: 1, stderr: /no version of mine below 1/ });
  t.match(await models("remove", "mine", "2"), { code: 0 }, "what stands by may go, be it the highest");
});

t.test("an Encoder that does not answer: the list is of the disk, a removal is refused", async (t) => {
  const { root, models } = await setUp(t);
  const status = { state: "ready", addresses: { mesh: "https://127.0.0.1:1" } };
  await writeFile(join(root, "home/status.json"), JSON.stringify(status));
  t.match(await models("list"), { code: 0, stdout: /mine +1 +on disk/, stderr: /does not say which of them it runs/ });
  t.match(await models("remove", "mine", "1"), { code: 1, stderr: /nothing answers at https:\/\/127.0.0.1:1/ });
});

t.test("clearing the cache begins a new epoch, each time another", async (t) => {
  const valkey = await startValkey();
  t.teardown(() => valkey.stop());
  const client = await createClient({ url: valkey.url }).connect();
  t.teardown(() => client.destroy());
  const clear = (url: string) =>
    runModels({ REDIS_URL: url, FLASHFIT_HOME: t.testdir() }, process.cwd(), "cache", "clear", "--json");
  t.match(await clear(valkey.url), { code: 0, stdout: /"cleared": true/ });
  const first = await client.get(CACHE_EPOCH_KEY);
  t.match(first, /^[0-9a-f-]{36}$/);
  await clear(valkey.url);
  t.not(await client.get(CACHE_EPOCH_KEY), first);
  t.match(await clear("redis://:secret@127.0.0.1:1"), { code: 1, stderr: /the cache at 127.0.0.1:1 does not answer/ });
});
