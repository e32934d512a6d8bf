import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { MODELS, tinyText } from "../../services/encoder/repository/testing.ts";
import { projectRoot } from "../state/home.ts";
import { startTestHub } from "./hub/testing.ts";
import { runModels } from "./testing.ts";

const files = Object.fromEntries(
  ["config.json", "tokenizer.json", "tokenizer_config.json"].map((file) => [
    file,
    readFileSync(join(MODELS, "clip/1", file)),
  ]),
);
const hub = await startTestHub("owner/words", { ...files, "onnx/text_model.onnx": tinyText() });
t.teardown(() => hub.close());

t.test("HF_ENDPOINT and HF_TOKEN say where from and as whom; what comes is named on request", async (t) => {
  hub.token = "hf_x";
  t.teardown(() => {
    hub.token = undefined;
  });
  const env = { MODEL_DIR: t.testdir(), FLASHFIT_HOME: t.testdir(), HF_ENDPOINT: `${hub.endpoint}/`, HF_TOKEN: "hf_x" };
  const models = (...args: string[]) => runModels(env, process.cwd(), ...args);
  const pulled = await models("pull", "owner/words", "--as", "text", "--version", "v2", "--variant", "fp32");
  t.match(pulled, { code: 0, stdout: /^text v2: 4 files, .*\n.*licence: mit\n.*flashfit models activate text v2/ });
  t.match(pulled.stderr, /owner\/words at 0123456789ab, licence: mit/);
  t.match(await models("pull", "owner/words", "--as", "text"), { code: 0, stdout: /^already there: text v2/ });
  t.match(await models("verify", "text"), { code: 0, stdout: /✓ files: 4 files as owner\/words has them/ });
  t.match(JSON.parse((await models("list", "--json")).stdout), [
    { name: "text", origin: "owner/words", license: "mit" },
  ]);
  t.match(await models("pull", "words"), { code: 2, stderr: /OWNER\/NAME/ });
  t.match(await runModels({ ...env, HF_ENDPOINT: "ftp://x" }, "/", "pull", "a/b"), { code: 1, stderr: /HF_ENDPOINT/ });
});

t.test("Ctrl-C ends a pull at once, says how to go on, and shows nothing half", async (t) => {
  const directory = t.testdir();
  const asked = Promise.withResolvers<void>();
  hub.trouble = (_, response, { server }) => {
    if (server !== "cdn") return false;
    response.writeHead(200, { "content-length": 1000 });
    response.write("half", () => asked.resolve());
    return true;
  };
  const env = { ...process.env, MODEL_DIR: directory, HF_ENDPOINT: hub.endpoint, HF_TOKEN: "" };
  const child = spawn(process.execPath, ["cli/main.ts", "models", "pull", "owner/words"], { cwd: projectRoot, env });
  let said = "";
  child.stderr.on("data", (text) => {
    said += text;
  });
  await asked.promise;
  child.kill("SIGINT");
  t.same(await once(child, "close"), [130, null]);
  t.match(said, /flashfit models: interrupted; run the same command again to go on/);
  t.ok((await readdir(directory)).every((name) => name.startsWith(".pull-words-")));
});
