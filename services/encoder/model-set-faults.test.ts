import { execFileSync } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import t, { type Test } from "tap";
import { GraphBuilder } from "../../bench/onnx/graph-builder.ts";
import { EncoderService, ModelState } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { drawnPhoto } from "../../test/support/drawn-photo.ts";
import { validationInterceptor } from "../kit/validation.ts";
import type { OpenInference } from "./inference/inference.ts";
import { openModels } from "./inference/open-models.ts";
import { type WorkerOptions, workersWith } from "./inference/open-worker.ts";
import { constantModel } from "./inference/testing.ts";
import type { WorkerPool } from "./inference/worker-pool.ts";
import { tinyText } from "./repository/testing.ts";
import { createEncoderService } from "./service.ts";
import { createTestEncoder, MODELS } from "./testing.ts";

const PACK = join(MODELS, "clip/1");
/** No activation here needs a tenth of it; one that hangs is seen, and not waited for. */
const DEADLINE_MS = 30_000;
const photo = await drawnPhoto();

/** An Encoder with `clip/1` in inference processes, and a way to add versions. */
async function served(t: Test, open: OpenInference = workersWith({ startMs: 20_000, runMs: 5_000 })) {
  const directory = await mkdtemp(join(tmpdir(), "flashfit-faults-"));
  t.teardown(() => rm(directory, { recursive: true }));
  await mkdir(join(directory, "clip"));
  await symlink(PACK, join(directory, "clip/1"));
  const models = await openModels({ directory, open, threads: 1 });
  t.teardown(() => models.close());
  const { encoder } = createTestEncoder({ get: async (keys) => keys.map(() => undefined), set: async () => {} });
  const service = createEncoderService({ models, encoder, streamParallel: 4 });
  const transport = createRouterTransport((router) => router.service(EncoderService, service), {
    router: { interceptors: [validationInterceptor] },
  });
  const client = createClient(EncoderService, transport);
  const version = async (revision: string, name = "clip") => {
    const folder = join(directory, name, revision);
    await cp(PACK, folder, { recursive: true });
    return folder;
  };
  const activate = (revision: string, name = "clip") =>
    client.activateModel({ name, revision }, { timeoutMs: DEADLINE_MS }).then(
      () => undefined,
      (error: unknown) => ConnectError.from(error),
    );
  const listed = async (revision: string) =>
    (await client.listModels({})).models.find((model) => model.name === "clip" && model.revision === revision);
  return { directory, models, client, version, activate, listed };
}

type Client = Awaited<ReturnType<typeof served>>["client"];

/** Calls one after the other until stopped; each sees the version that answered it. */
function caller(client: Client) {
  const revisions: (string | undefined)[] = [];
  const failures: unknown[] = [];
  let going = true;
  let waiting: { count: number; reached(): void } | undefined;
  const done = (async () => {
    for (let i = 0; going; i++) {
      try {
        const answer = await client.encode(
          { input: { case: "text", value: `hat ${i}` }, models: ["clip"] },
          { timeoutMs: DEADLINE_MS },
        );
        revisions.push(answer.embeddings[0]?.revision);
      } catch (error) {
        failures.push(error);
      }
      if (revisions.length + failures.length >= (waiting?.count ?? Number.POSITIVE_INFINITY)) waiting?.reached();
    }
  })();
  return {
    revisions,
    failures,
    /** Resolves once so many more calls have ended. */
    more: (count: number) =>
      new Promise<void>((reached) => {
        waiting = { count: revisions.length + failures.length + count, reached };
      }),
    stop: () => {
      going = false;
      return done;
    },
  };
}

/** A photo graph with the pack's input and output that asks for `elements` floats, whatever it is given. */
function hungryVision(elements: bigint): Uint8Array {
  const graph = new GraphBuilder("hungry");
  graph.input("pixel_values", "float32", ["batch", 3, 112, 112]);
  const zeros = graph.node("ConstantOfShape", [graph.weight("shape", [2], BigInt64Array.of(1n, elements))]);
  graph.output("image_embeds", graph.node("ReduceMean", [zeros], { axes: { ints: [1] } }), ["batch", 1]);
  return graph.toFile();
}

/** A photo graph that answers grey, and asks for 40 TB for anything brighter. */
function spoiltVision(): Uint8Array {
  const graph = new GraphBuilder("spoilt");
  const pixels = graph.input("pixel_values", "float32", ["batch", 3, 112, 112]);
  const brightest = graph.node("ReduceMax", [pixels], { keepdims: { int: 0 } });
  const scaled = graph.node("Mul", [brightest, graph.weight("scale", [1], Float32Array.of(1e13))]);
  const length = graph.node("Add", [graph.node("Cast", [scaled], { to: { int: 7 } }), graph.int64s([1])]);
  const zeros = graph.node("ConstantOfShape", [graph.node("Reshape", [length, graph.int64s([1])])]);
  const mean = graph.node("Reshape", [
    graph.node("ReduceMean", [zeros], { keepdims: { int: 0 } }),
    graph.int64s([1, 1]),
  ]);
  const planes = graph.node("GlobalAveragePool", [pixels]);
  const flat = graph.node("Flatten", [planes]);
  const one = graph.node("Add", [graph.node("Add", [flat, mean]), graph.weight("one", [1], Float32Array.of(1))]);
  graph.output("image_embeds", one, ["batch", 3]);
  return graph.toFile();
}

interface Fault {
  name: string;
  spoil(folder: string): Promise<void>;
  says: RegExp;
  /** No process is started for it. */
  seenInFiles?: boolean;
}

const faults: Fault[] = [
  {
    name: "cut off",
    seenInFiles: true,
    spoil: async (folder) => {
      const file = join(folder, "onnx/vision_model.onnx");
      await writeFile(file, (await readFile(file)).subarray(0, 2_000_000));
    },
    says: /^clip\/bad: \S+vision_model.onnx is no ONNX file, or a damaged one .*; expected a whole ONNX file: copy it/,
  },
  {
    name: "one letter of a node",
    spoil: async (folder) => {
      const file = join(folder, "onnx/vision_model.onnx");
      const bytes = await readFile(file);
      bytes.write("Cznv", bytes.indexOf("Conv"));
      await writeFile(file, bytes);
    },
    says: /^clip\/bad: Load model from \S+vision_model.onnx failed:.*; expected a whole ONNX file: copy it/,
  },
  {
    name: "wrong opset",
    spoil: (folder) => writeFile(join(folder, "onnx/vision_model.onnx"), constantModel({ opset: 999, like: "vision" })),
    says: /^clip\/bad: \S+vision_model.onnx has opset 999, this ONNX Runtime knows up to \d+: export it with/,
  },
  {
    name: "missing tokenizer",
    seenInFiles: true,
    spoil: (folder) => rm(join(folder, "tokenizer.json")),
    says: /^clip\/bad: tokenizer\.json: is missing; a version needs all files of its export/,
  },
  {
    name: "dimension change",
    spoil: async (folder) => {
      for (const file of ["onnx/vision_model.onnx", "golden.json"]) await rm(join(folder, file), { force: true });
      await writeFile(join(folder, "onnx/text_model.onnx"), tinyText());
    },
    says: /^clip\/bad has 1 dimensions, clip\/1, which serves, has 256: give it another name$/,
  },
  {
    name: "more memory than any machine has",
    spoil: (folder) => writeFile(join(folder, "onnx/vision_model.onnx"), hungryVision(2n ** 41n)),
    says: /^clip\/bad: .*(bad_alloc|Failed to allocate memory).*; it needs more memory than there is: give the Encoder more/,
  },
];

for (const { name, spoil, says, seenInFiles } of faults) {
  t.test(`activation of a version with a fault while calls run: ${name}`, async (t) => {
    const { client, version, activate, listed } = await served(t);
    await spoil(await version("bad"));
    const calls = caller(client);
    await calls.more(3);
    const during = calls.revisions.length;
    const failure = await activate("bad");
    t.equal(failure?.code, Code.FailedPrecondition, failure?.rawMessage ?? "it was activated");
    t.match(failure?.rawMessage.replaceAll("\n", " "), says);
    // What the files alone show takes less time than a call.
    if (!seenInFiles) t.ok(calls.revisions.length > during, "calls were answered meanwhile");
    await calls.more(3);
    await calls.stop();
    t.strictSame(calls.failures, []);
    t.strictSame(new Set(calls.revisions), new Set(["1"]), "all by the version before");
    t.match(await listed("1"), { state: ModelState.SERVING, loaded: true, reason: "" });
    const state = name === "dimension change" ? ModelState.STANDBY : ModelState.BROKEN;
    t.match(await listed("bad"), { state, loaded: false, reason: state === ModelState.BROKEN ? says : "" });
  });
}

t.test(
  "the process of a version that starts is killed, each time it is up: refused, and the old one goes on",
  async (t) => {
    const plain = workersWith({ startMs: 20_000 });
    let kill = false;
    const open: OpenInference = async (files, options) => {
      const pool = (await plain(files, options)) as WorkerPool;
      // Whatever is asked of it, its process is gone before it has answered.
      const run: WorkerPool["run"] = (...request) => {
        if (kill) for (const pid of pool.pids) process.kill(pid, "SIGSTOP");
        const answer = pool.run(...request);
        const killed = () => {
          for (const pid of pool.pids) process.kill(pid, "SIGKILL");
        };
        if (kill) {
          killed();
          const again = setInterval(killed, 5);
          void answer.catch(() => {}).finally(() => clearInterval(again));
        }
        return answer;
      };
      return { graphs: pool.graphs, provider: pool.provider, run, close: () => pool.close() };
    };
    const { client, version, activate, listed } = await served(t, (files, options) =>
      options.model?.revision === "bad" ? open(files, options) : plain(files, options),
    );
    await version("bad");
    kill = true;
    const calls = caller(client);
    await calls.more(2);
    const failure = await activate("bad");
    t.equal(failure?.code, Code.FailedPrecondition);
    t.match(
      failure?.rawMessage,
      /^clip\/bad: the inference process \d+ was ended by SIGKILL; its graphs must open and run/,
    );
    t.match(await listed("bad"), { state: ModelState.BROKEN, reason: /was ended by SIGKILL/ });
    kill = false;
    t.equal(await activate("bad"), undefined, "and once nobody kills it, it comes up");
    await calls.more(2);
    await calls.stop();
    t.strictSame(calls.failures, []);
  },
);

/** Every process of the version may use so much address space, KiB. */
function limited(kib: number, options: WorkerOptions = {}): OpenInference {
  const command = ["/bin/sh", "-c", `ulimit -v ${kib} && exec "$0" "$@"`, process.execPath];
  return workersWith({ startMs: 20_000, command, ...options });
}

const posix = process.platform === "linux" ? {} : { skip: "limits of memory are set as Linux does" };

t.test(
  "a process that finds no memory to start ends: refused with what to do, and the old one goes on",
  posix,
  async (t) => {
    const plain = workersWith({ startMs: 20_000 });
    const tight = limited(600_000);
    const { client, version, activate } = await served(t, (files, options) =>
      options.model?.revision === "bad" ? tight(files, options) : plain(files, options),
    );
    await version("bad");
    const calls = caller(client);
    await calls.more(2);
    const failure = await activate("bad");
    t.equal(failure?.code, Code.FailedPrecondition);
    t.match(
      failure?.rawMessage,
      /^clip\/bad: the inference process \d+ (was ended by|ended with) .*; .*give the Encoder more/,
    );
    await calls.more(2);
    await calls.stop();
    t.strictSame(calls.failures, []);
  },
);

t.test("a process that loses its memory while it serves is started anew, and no call fails", posix, async (t) => {
  const events: string[] = [];
  const note = ({ event }: { event: string }) => events.push(event);
  const log = { info: note, warn: note } as unknown as WorkerOptions["log"];
  const { client, models } = await served(t, workersWith({ startMs: 20_000, log }));
  const known = models.get("clip");
  if (known?.kind !== "loaded") return t.fail("expected clip to be loaded");
  const pool = known.model.inference as WorkerPool;
  const [pid = 0] = pool.pids;
  const calls = caller(client);
  await calls.more(2);
  // Not a page more than it has: the next allocation that counts fails, and the runtime ends itself.
  execFileSync("prlimit", ["--pid", String(pid), "--as=1"]);
  // As many photos as the process has no room for.
  const data = new Float32Array(256 * 3 * 112 * 112).fill(0.5);
  const feeds = { pixel_values: { type: "float32", dims: [256, 3, 112, 112], data } as const };
  const { image_embeds } = await pool.run("vision", feeds, ["image_embeds"]);
  t.strictSame(image_embeds?.dims, [256, 256]);
  t.not(pool.pids[0], pid, "another process");
  await calls.more(2);
  await calls.stop();
  t.strictSame(calls.failures, []);
  t.ok(events.includes("inference_lost") && events.includes("inference_restarted"));
});

t.test("a call for which a model finds no memory is answered by the others, and its process goes on", async (t) => {
  const { client, directory, models, activate } = await served(t);
  const folder = join(directory, "clip/1");
  const spoilt = join(directory, "spoilt/1");
  await mkdir(join(spoilt, "onnx"), { recursive: true });
  for (const file of ["config.json", "preprocessor_config.json"]) await cp(join(folder, file), join(spoilt, file));
  await writeFile(join(spoilt, "onnx/vision_model.onnx"), spoiltVision());
  t.equal(await activate("1", "spoilt"), undefined);
  const known = models.get("spoilt");
  if (known?.kind !== "loaded") return t.fail("expected spoilt to be loaded");
  const { pids } = known.model.inference as WorkerPool;
  const answer = await client.encode({ input: { case: "photo", value: photo } }, { timeoutMs: DEADLINE_MS });
  t.match(answer, { unavailable: ["spoilt"] });
  t.strictSame(
    answer.embeddings.map(({ model }) => model),
    ["clip"],
  );
  const alone = client.encode({ input: { case: "photo", value: photo }, models: ["spoilt"] });
  t.match(await alone.catch(ConnectError.from), { code: Code.Unavailable, rawMessage: "no model can answer: spoilt" });
  t.strictSame((known.model.inference as WorkerPool).pids, pids);
});
