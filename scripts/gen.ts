import { spawn } from "node:child_process";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

// Writes gen/ anew from the contract. gen/envoy-api is made at set-up and stays.

const root = fileURLToPath(new URL("../", import.meta.url));
for (const folder of ["buf", "flashfit", "google", "grpc", "health"]) {
  await rm(join(root, "gen", folder), { recursive: true, force: true });
}
const PATH = [dirname(process.execPath), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
const buf = spawn("buf", ["generate"], { cwd: root, stdio: "inherit", env: { ...process.env, PATH } });
const [code] = (await once(buf, "close")) as [number | null];
process.exitCode = code ?? 1;
