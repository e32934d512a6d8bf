import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, rm, writeFile } from "node:fs/promises";
import { delimiter, dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { dashboardFiles } from "../observability/dashboards/generate.ts";
import { observabilityFiles } from "../observability/files.ts";
import { openApiFiles } from "./openapi.ts";

// Writes gen/ anew from the contract (gen/envoy-api is made at set-up and stays), and the files of observability/ that are
// made from TypeScript, and docs/openapi.

const root = fileURLToPath(new URL("../", import.meta.url));
for (const folder of ["buf", "flashfit", "google", "grpc", "health", "inference"]) {
  await rm(join(root, "gen", folder), { recursive: true, force: true });
}
const PATH = [dirname(process.execPath), join(root, "node_modules/.bin"), process.env.PATH].join(delimiter);
const buf = spawn("buf", ["generate"], { cwd: root, stdio: "inherit", env: { ...process.env, PATH } });
const [code] = (await once(buf, "close")) as [number | null];
for (const [path, text] of Object.entries({
  ...observabilityFiles(),
  ...dashboardFiles(),
  ...(await openApiFiles()),
})) {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}
process.exitCode = code ?? 1;
