import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import t from "tap";
import { findTool } from "./find.ts";
import { findPostgres } from "./postgres-binaries.ts";
import { tools } from "./table.ts";

t.test("only the minor version that is pinned is taken from PATH", async (t) => {
  t.ok(tools.envoy.accepts("/usr/bin/envoy  version: 1234abcd/1.40.3/Clean/RELEASE/BoringSSL"));
  t.notOk(tools.envoy.accepts("/usr/bin/envoy  version: 1234abcd/1.39.0/Clean/RELEASE/BoringSSL"));
  t.ok(tools.valkey.accepts("Valkey server v=9.1.2 sha=00000000:0 malloc=libc bits=64"));
  t.ok(tools.valkey.accepts("Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0 bits=64"));
  t.notOk(tools.valkey.accepts("Redis server v=6.0.16 sha=00000000:0"));
  t.ok(tools.deno.accepts("deno 2.9.6 (stable, release, x86_64-unknown-linux-gnu)"));
  t.notOk(tools.deno.accepts("deno 1.46.3"));
  t.ok(tools.bun.accepts("1.4.5\n"));
});

t.test("a variable names the binary, and one that is not there is refused", async (t) => {
  t.equal(await findTool(tools.bun, { BUN_BIN: process.execPath }), process.execPath);
  await t.rejects(findTool(tools.bun, { BUN_BIN: "/nowhere/bun" }), {
    message: "BUN_BIN: there is no file /nowhere/bun; unset it to have bun installed",
  });
});

t.test("a stub on PATH that answers nothing of use is passed over", async (t) => {
  const stub = join(t.testdir(), "envoy");
  writeFileSync(stub, "#!/bin/sh\nexit 1\n");
  chmodSync(stub, 0o755);
  const fake = { ...tools.envoy, version: "0.0.0" };
  t.equal(await findTool(fake, { PATH: join(stub, "..") }), undefined);
});

t.test("PostgreSQL comes with the packages", async (t) => {
  const { initdb, postgres } = findPostgres({});
  t.ok(existsSync(initdb));
  t.ok(existsSync(postgres));
  t.throws(() => findPostgres({ POSTGRES_BIN_DIR: "/nowhere" }), {
    message: "POSTGRES_BIN_DIR: expected /nowhere/initdb, there is none",
  });
});
