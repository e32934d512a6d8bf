import { existsSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";

/** Path of grpcurl, an optional tool: from GRPCURL_BIN, PATH or Go's default folder. */
export function findGrpcurl(): string | undefined {
  const folders = [...(process.env.PATH ?? "").split(path.delimiter), path.join(homedir(), "go/bin")];
  return [process.env.GRPCURL_BIN, ...folders.map((folder) => path.join(folder, "grpcurl"))].find(
    (file) => file && existsSync(file),
  );
}
