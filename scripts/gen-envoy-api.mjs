#!/usr/bin/env node
/**
 * Writes gen/envoy-api/: TypeScript for those parts of Envoy's API that envoy/config builds on.
 *
 * The protos are the ones in npm @grpc/grpc-js-xds; buf and protoc-gen-es run locally. The result is not committed
 * (3 MB that anyone can make again in seconds). Plain JavaScript for Node 20, because the set-up calls it before
 * anything else is there. A stamp makes a second run end in milliseconds; `--force` ignores it.
 */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join, resolve } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const root = resolve(dirname(fileURLToPath(import.meta.url)), "..");
const modules = join(root, "node_modules");
const deps = join(modules, "@grpc/grpc-js-xds/deps");
const out = join(root, "gen/envoy-api");
const stampFile = join(out, ".stamp");

/** Folders of envoy-api that are wanted; what they import comes along. */
const wanted = [
  "envoy/config/bootstrap/v3",
  "envoy/service/discovery/v3",
  "envoy/extensions/access_loggers/stream/v3",
  "envoy/extensions/compression/gzip/compressor/v3",
  "envoy/extensions/filters/http/buffer/v3",
  "envoy/extensions/filters/http/compressor/v3",
  "envoy/extensions/filters/http/cors/v3",
  "envoy/extensions/filters/http/grpc_stats/v3",
  "envoy/extensions/filters/http/header_mutation/v3",
  "envoy/extensions/filters/http/health_check/v3",
  "envoy/extensions/filters/http/jwt_authn/v3",
  "envoy/extensions/filters/http/local_ratelimit/v3",
  "envoy/extensions/filters/http/lua/v3",
  "envoy/extensions/filters/http/ratelimit/v3",
  "envoy/extensions/filters/http/rbac/v3",
  "envoy/extensions/filters/http/router/v3",
  "envoy/extensions/filters/network/http_connection_manager/v3",
  "envoy/extensions/resource_monitors/downstream_connections/v3",
  "envoy/extensions/transport_sockets/tls/v3",
  "envoy/extensions/upstreams/http/v3",
];

/** What the published protos lack: fields that Envoy 1.40 has, and one that the protos themselves use. */
const additions = [
  {
    file: "protoc-gen-validate/validate/validate.proto",
    after: "optional bool strict = 25 [default = true];",
    line: "  optional bool ignore_empty = 26;",
  },
  {
    file: "envoy-api/envoy/extensions/filters/http/local_ratelimit/v3/local_rate_limit.proto",
    after: "bool rate_limited_as_resource_exhausted = 15;",
    line: "  google.protobuf.UInt32Value max_dynamic_descriptors = 18;",
  },
  {
    file: "envoy-api/envoy/config/common/mutation_rules/v3/mutation_rules.proto",
    after: 'import "envoy/type/matcher/v3/regex.proto";',
    line: 'import "envoy/type/matcher/v3/string.proto";',
  },
  {
    file: "envoy-api/envoy/config/common/mutation_rules/v3/mutation_rules.proto",
    after: "message HeaderMutation {",
    line: "  message RemoveOnMatch { type.matcher.v3.StringMatcher key_matcher = 1; }",
  },
  {
    file: "envoy-api/envoy/config/common/mutation_rules/v3/mutation_rules.proto",
    after: "core.v3.HeaderValueOption append = 2;",
    line: "    RemoveOnMatch remove_on_match = 3;",
  },
  {
    file: "envoy-api/envoy/extensions/filters/http/compressor/v3/compressor.proto",
    after: 'import "envoy/config/core/v3/extension.proto";',
    line: 'import "envoy/type/matcher/v3/string.proto";',
  },
  {
    file: "envoy-api/envoy/extensions/filters/http/compressor/v3/compressor.proto",
    after: "message CommonDirectionConfig {",
    line: "    repeated type.matcher.v3.StringMatcher content_type_matcher = 4;",
  },
];

const stamp = fingerprint();
if (process.argv.includes("--force") || !isFresh()) generate();

/** Everything that the result depends on, as one hash. */
function fingerprint() {
  const hash = createHash("sha256");
  const inputs = [fileURLToPath(import.meta.url), join(root, "buf.envoy.gen.yaml")];
  for (const name of ["@grpc/grpc-js-xds", "@bufbuild/buf", "@bufbuild/protoc-gen-es"]) {
    inputs.push(join(modules, name, "package.json"));
  }
  for (const file of inputs) {
    if (!existsSync(file)) fail(`${file} is missing: run npm install first`);
    hash.update(readFileSync(file));
  }
  return hash.digest("hex");
}

function isFresh() {
  return existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp;
}

/** Generates into a folder of its own and swaps it in, so that a broken run leaves the old state. */
function generate() {
  const work = `${out}.${process.pid}.tmp`;
  const protos = join(work, "protos");
  rmSync(work, { recursive: true, force: true });
  mkdirSync(protos, { recursive: true });
  try {
    for (const module of ["envoy-api", "xds", "googleapis", "protoc-gen-validate"]) {
      cpSync(join(deps, module), join(protos, module), { recursive: true, filter: (path) => isProtoOrFolder(path) });
    }
    for (const addition of additions) add(protos, addition);
    writeFileSync(join(protos, "buf.yaml"), bufModules());
    const template = join(root, "buf.envoy.gen.yaml");
    const paths = wanted.flatMap((folder) => ["--path", join("envoy-api", folder)]);
    run(protos, ["generate", "--template", template, "--output", work, ...paths, "."]);
    const made = join(work, "ts");
    if (!existsSync(join(made, "envoy/config/bootstrap/v3/bootstrap_pb.ts")))
      fail("buf generate wrote no bootstrap_pb.ts");
    writeFileSync(join(made, ".stamp"), stamp);
    rmSync(out, { recursive: true, force: true });
    renameSync(made, out);
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function isProtoOrFolder(path) {
  return path.endsWith(".proto") || !/\.[a-z]+$/i.test(path);
}

function add(protos, { file, after, line }) {
  const path = join(protos, file);
  const text = readFileSync(path, "utf8");
  if (text.includes(line.trim())) return; // a newer release has it
  if (!text.includes(after)) fail(`${file} has no line "${after}": look at what @grpc/grpc-js-xds changed`);
  writeFileSync(path, text.replace(after, `${after}\n${line}`));
}

function bufModules() {
  const folders = ["envoy-api", "xds", "googleapis", "protoc-gen-validate"];
  return `version: v2\nmodules:\n${folders.map((folder) => `  - path: ${folder}\n`).join("")}`;
}

function run(cwd, args) {
  const path = `${join(modules, ".bin")}${delimiter}${process.env.PATH ?? ""}`;
  try {
    execFileSync(join(modules, ".bin/buf"), args, { cwd, env: { ...process.env, PATH: path }, stdio: "pipe" });
  } catch (cause) {
    fail(`buf ${args[0]} failed: ${cause.stderr?.toString().trim() || cause.message}`);
  }
}

function fail(message) {
  throw new Error(`generating gen/envoy-api: ${message}`);
}
