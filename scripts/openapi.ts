import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { createFileRegistry, fromBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { formatJson } from "../observability/dashboards/kit/json.ts";
import { openApiDocument } from "./openapi/document.ts";

const root = join(import.meta.dirname, "..");

/** docs/openapi/openapi.json, made of the contract: path from the project's root → text. Always the same bytes. */
export async function openApiFiles(): Promise<Record<string, string>> {
  const buf = createRequire(import.meta.url).resolve("@bufbuild/buf/bin/buf");
  // Generated code has no comments; the compiler's own output has.
  const { stdout } = await promisify(execFile)(
    process.execPath,
    [buf, "build", ".", "--as-file-descriptor-set", "-o", "-"],
    {
      cwd: join(root, "proto"),
      encoding: "buffer",
      maxBuffer: 64 * 1024 * 1024,
    },
  );
  const registry = createFileRegistry(fromBinary(FileDescriptorSetSchema, stdout));
  const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
  return { "docs/openapi/openapi.json": formatJson(openApiDocument(registry, version)) };
}

if (import.meta.main) {
  for (const [path, text] of Object.entries(await openApiFiles())) {
    writeFileSync(join(root, path), text);
    console.log(path);
  }
}
