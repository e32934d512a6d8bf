import { cp, rm } from "node:fs/promises";
import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { MODELS } from "../../services/encoder/repository/testing.ts";
import { startMesh } from "../support/mesh.ts";
import { run } from "../support/run.ts";

t.test(
  "a version is added to a running mesh, verified, activated and rolled back, and its cache cleared",
  async (t) => {
    const root = t.testdir();
    for (const name of ["blip", "clip", "fashion"]) await cp(join(MODELS, name), join(root, name), { recursive: true });
    const mesh = await startMesh({ env: { MODEL_DIR: root } });
    t.teardown(() => mesh.stop());
    const env = { MODEL_DIR: root, FLASHFIT_HOME: mesh.home };
    const models = (...args: string[]) => run(process.execPath, ["bin/flashfit.mjs", "models", ...args], env);
    const states = async () => {
      const { stdout } = await models("list", "--json");
      const lines: { name: string; version: string; state: string }[] = JSON.parse(stdout);
      return lines.filter(({ name }) => name === "clip").map(({ version, state }) => `${version} ${state}`);
    };

    t.match(await models("add", join(MODELS, "clip/1"), "--as", "clip"), { code: 0, stdout: /^clip 2: / });
    t.same(await states(), ["1 serving", "2 standby"], "the Encoder sees it without a restart");
    t.match(await models("verify", "clip", "2"), { code: 0, stdout: /clip 2: good/ });
    t.match(await models("activate", "clip", "2"), { code: 0, stdout: /clip 2 is serving, 1 did before/ });
    t.match(await models("remove", "clip", "2"), { code: 1, stderr: /answers calls \(serving\)/ });
    t.match(await models("rollback", "clip"), { code: 0, stdout: /clip 1 is serving, 2 did before/ });
    await rm(join(root, "clip/2/config.json"));
    t.match(await models("activate", "clip", "2"), { code: 1, stderr: /config.json: is missing/ });
    t.match((await states())[0], "1 serving");
    t.match(await models("cache", "clear"), { code: 0, stdout: /cleared/ });
    t.match(await models("remove", "clip", "2"), { code: 0 });
    t.same(await states(), ["1 serving"]);
  },
);
