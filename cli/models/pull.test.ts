import { readFileSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import t from "tap";
import { MODELS, tinyText, tinyVision } from "../../services/encoder/repository/testing.ts";
import { refuse, SHA, sendFile, startTestHub, type TestHub, type Trouble } from "./hub/testing.ts";
import { type PullOptions, pullModel } from "./pull.ts";

const ID = "owner/CLIP-tiny";
const clip = (file: string) => readFileSync(join(MODELS, "clip/1", file));
const files: Record<string, Uint8Array> = {
  ".gitattributes": Buffer.from("*.onnx filter=lfs"),
  "README.md": Buffer.from("---\nlicense: mit\n---\n# tiny"),
  "config.json": clip("config.json"),
  "preprocessor_config.json": clip("preprocessor_config.json"),
  "tokenizer.json": clip("tokenizer.json"),
  "tokenizer_config.json": clip("tokenizer_config.json"),
  "pytorch_model.bin": new Uint8Array(5000),
  "onnx/vision_model.onnx": clip("onnx/vision_model.onnx"),
  "onnx/text_model.onnx": tinyText(),
  "onnx/vision_model_quantized.onnx": tinyVision(),
};
const taken = Object.keys(files).filter((name) => ![".gitattributes", "pytorch_model.bin"].includes(name));
const VISION = "vision_model.onnx";

interface Tap {
  teardown(end: () => Promise<void>): void;
  testdir(): string;
}

/** A hub, an empty repository of models, and how often and how long a pull waited. */
async function setUp(t: Tap, served = files) {
  const hub = await startTestHub(ID, served);
  t.teardown(() => hub.close());
  const directory = t.testdir();
  const waits: number[] = [];
  const stderr = new PassThrough();
  let said = "";
  stderr.on("data", (text) => {
    said += text;
  });
  const pull = (options: Partial<PullOptions> & { token?: string; stallMs?: number; signal?: AbortSignal } = {}) => {
    const { token, stallMs, signal, ...rest } = options;
    const sleep = async (ms: number) => void waits.push(ms);
    const deps = { directory, endpoint: hub.endpoint, token, stderr, sleep, signal };
    return pullModel({ repository: ID, ...rest }, { ...deps, ...(stallMs && { stallMs }) });
  };
  return { hub, directory, waits, pull, said: () => said };
}

async function filesBelow(folder: string): Promise<string[]> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return entries.filter((e) => e.isFile()).map((e) => join(e.parentPath, e.name).slice(folder.length + 1));
}

/** Trouble once, for the vision graph. */
function once(hub: TestHub, trouble: Trouble): void {
  hub.trouble = (request, response, seen) => {
    if (!seen.path.includes(VISION)) return false;
    const done = trouble(request, response, seen);
    if (done) hub.trouble = () => false;
    return done;
  };
}

t.test("only what is needed is taken, verified, and visible as a whole; where it came from is written", async (t) => {
  const { hub, directory, pull, said } = await setUp(t);
  const pulled = await pull({ as: "clip" });
  t.match(pulled, { name: "clip", version: "1", existed: false });
  t.same((await filesBelow(directory)).sort(), [...taken, "source.json"].map((file) => `clip/1/${file}`).sort());
  for (const file of taken) t.ok((await readFile(join(directory, "clip/1", file))).equals(files[file]!), file);
  const source = JSON.parse(await readFile(join(directory, "clip/1/source.json"), "utf8"));
  t.match(source, { origin: ID, revision: SHA, license: "mit", files: { length: taken.length } });
  t.match(said(), /licence: mit/);
  t.ok(
    hub.seen.every(({ path }) => path.startsWith("/api/") || path.includes(SHA) || path.startsWith("/lfs/")),
    "pinned",
  );

  const requests = hub.seen.length;
  t.match(await pull({ as: "clip" }), { version: "1", existed: true }, "again: nothing to do");
  t.equal(hub.seen.length, requests + 1);
  t.match(await pull({ as: "clip", version: "2" }), { version: "2", existed: false });
  t.match(await pull({ repository: `${ID}@v1.0`, variants: "int8" }), { name: "clip-tiny", version: "1" });
});

t.test("a token goes to the hub and not to where the hub redirects", async (t) => {
  const { hub, pull } = await setUp(t);
  hub.token = "hf_secret";
  await pull({ token: "hf_secret" });
  const [atHub, atCdn] = [hub.seen.filter((s) => s.server === "hub"), hub.seen.filter((s) => s.server === "cdn")];
  t.ok(atHub.length > 0 && atHub.every(({ authorization }) => authorization === "Bearer hf_secret"));
  t.ok(atCdn.length > 0 && atCdn.every(({ authorization }) => authorization === undefined));
});

t.test("a broken answer is gone on with from where it broke", async (t) => {
  const { hub, pull } = await setUp(t);
  const bytes = files[`onnx/${VISION}`]!;
  once(hub, (_, response, { server }) => {
    if (server !== "cdn") return false;
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 1_000_000), () => response.destroy());
    return true;
  });
  await pull();
  const ranges = hub.seen
    .filter(({ server, path }) => server === "cdn" && path.includes(VISION))
    .map(({ range }) => range);
  t.equal(ranges.length, 2);
  t.match(ranges[1], /^bytes=[1-9]\d*-$/, "the second asks for the rest");
});

t.test("an interrupted pull leaves nothing visible, and the next one goes on", async (t) => {
  const { hub, directory, pull } = await setUp(t);
  const bytes = files[`onnx/${VISION}`]!;
  const stop = new AbortController();
  once(hub, (_, response, { server }) => {
    if (server !== "cdn") return false;
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 1_000_000), () => setImmediate(() => stop.abort(new Error("Ctrl-C"))));
    return true;
  });
  await t.rejects(pull({ signal: stop.signal }), /Ctrl-C|aborted/);
  t.ok(
    (await readdir(directory)).every((name) => name.startsWith(".")),
    "hidden",
  );
  hub.seen.length = 0;
  t.match(await pull(), { version: "1" });
  t.notOk(
    hub.seen.some(({ path }) => path.includes("tokenizer.json")),
    "what was whole is not fetched again",
  );
});

t.test("a server that ignores the range sends all, and all is right", async (t) => {
  const { hub, pull } = await setUp(t);
  const bytes = files[`onnx/${VISION}`]!;
  let times = 0;
  hub.trouble = (_, response, { server, path }) => {
    if (server !== "cdn" || !path.includes(VISION) || path.includes("quantized")) return false;
    times++;
    response.writeHead(200, { "content-length": bytes.length });
    if (times === 1) response.write(bytes.subarray(0, 500_000), () => response.destroy());
    else response.end(bytes);
    return true;
  };
  t.match(await pull(), { version: "1" });
  t.equal(times, 2);
});

t.test("an answer that ends early without a length is asked for again; one that never grows is given up", async (t) => {
  const { hub, directory, pull } = await setUp(t);
  let times = 0;
  hub.trouble = (_, response, { server, path }) => {
    if (server !== "cdn" || !path.includes(VISION)) return false;
    times++;
    response.writeHead(206).end();
    return true;
  };
  await t.rejects(pull(), { message: /vision_model.onnx: the answer ended too early; run the same command again/ });
  t.equal(times, 5);
  t.ok((await readdir(directory)).every((name) => name.startsWith(".")));
});

t.test("a wrong checksum is tried once more from the start, then refused", async (t) => {
  const { hub, directory, pull } = await setUp(t);
  const wrong = Buffer.from(files[`onnx/${VISION}`]!);
  wrong[100_000] = (wrong[100_000] ?? 0) ^ 1;
  let times = 0;
  const damage: Trouble = (_, response, { server, path, range }) => {
    if (server !== "cdn" || !path.includes(VISION)) return false;
    times++;
    sendFile(response, wrong, range);
    return true;
  };
  hub.trouble = damage;
  await t.rejects(pull(), { message: /vision_model.onnx: the checksum is [0-9a-f]{64}, expected [0-9a-f]{64}/ });
  t.equal(times, 2);
  t.ok((await readdir(directory)).every((name) => name.startsWith(".")));
  once(hub, damage);
  t.match(await pull(), { version: "1" }, "once wrong, then right");
});

t.test("too many requests: the hub says when to come back, and that is waited for", async (t) => {
  const { hub, waits, pull, said } = await setUp(t);
  once(hub, (_, response) => {
    response.writeHead(429, { "retry-after": "7" }).end();
    return true;
  });
  await pull();
  t.same(waits, [7000]);
  t.match(said(), /the hub answers 429; again in 7.0 s/);
  hub.trouble = (_, response) => {
    response.writeHead(503).end();
    return true;
  };
  waits.length = 0;
  await t.rejects(pull({ version: "9" }), { message: /the hub answers 503, 5 times; run the same command again/ });
  t.same(waits, [500, 1000, 2000, 4000]);
});

t.test("an answer that stands still is given up and gone on with", async (t) => {
  const { hub, pull, said } = await setUp(t);
  const bytes = files[`onnx/${VISION}`]!;
  once(hub, (_, response, { server }) => {
    if (server !== "cdn") return false;
    response.writeHead(200, { "content-length": bytes.length });
    response.write(bytes.subarray(0, 1000));
    return true; // and nothing more
  });
  t.match(await pull({ stallMs: 200 }), { version: "1" });
  t.match(said(), /nothing came for 0.2 s, on from byte 1000/);
});

t.test("refusals say what to do", async (t) => {
  const { hub, pull } = await setUp(t);
  const message = (options: Parameters<typeof pull>[0]) =>
    pull(options).then(
      () => "",
      (error: Error) => error.message,
    );
  t.match(await message({ repository: "no/where" }), /404 \(Repository not found\): it is not there/);
  t.match(await message({ repository: `${ID}@gone` }), /404 .*: there is no such branch, tag or commit/);
  t.match(await message({ repository: "../etc" }), /expected a repository as OWNER\/NAME/);
  t.match(await message({ as: "Bad Name" }), /model name "Bad Name" does not match/);
  t.match(await message({ variants: "int4" }), /--variant: expected some of fp32,.*, got int4/);
  hub.token = "right";
  t.match(await message({}), /401 .*: .*or it is private: set HF_TOKEN/);
  t.match(await message({ token: "wrong" }), /401 .*: .*HF_TOKEN is not valid/);
  hub.token = undefined;
  hub.trouble = (_, response) => {
    refuse(response, 403, "GatedRepo", "Access to model is restricted");
    return true;
  };
  t.match(await message({}), /403 \(Access to model is restricted\): access has to be asked for/);
  hub.trouble = (_, response) => {
    response.end("<html>");
    return true;
  };
  t.match(await message({}), /does not answer as a Hugging Face hub .* HF_ENDPOINT/);
  hub.trouble = (request, response) => {
    response.writeHead(302, { location: request.url }).end();
    return true;
  };
  t.match(await message({}), /redirects more than 5 times/);
  await hub.close();
  t.match(await message({}), /ECONNREFUSED\), 5 times/);
});

t.test("what the Encoder could not use is not put into the repository", async (t) => {
  const { directory, pull } = await setUp(t, { ...files, "onnx/text_model.onnx": Buffer.from("no graph") });
  await t.rejects(pull(), { message: /no model that the Encoder can use: .*text_model.onnx is no ONNX file/ });
  t.ok((await readdir(directory)).every((name) => name.startsWith(".")));
});

t.test("two pulls of one model do not mix; a model larger than the disk is refused before it is fetched", async (t) => {
  const { hub, pull } = await setUp(t);
  const results = await Promise.allSettled([pull(), pull()]);
  t.same(results.map(({ status }) => status).sort(), ["fulfilled", "rejected"]);
  t.match(
    results.find(({ status }) => status === "rejected"),
    { reason: { message: /is being pulled already/ } },
  );
  hub.trouble = (_, response, { path }) => {
    if (!path.startsWith("/api/")) return false;
    const siblings = [{ rfilename: "onnx/model.onnx", size: 1e15 }];
    response.end(JSON.stringify({ sha: SHA.replace("0", "f"), siblings }));
    return true;
  };
  await t.rejects(pull(), { message: /not enough space in .*: 1.0 PB are needed/ });
});
