import { spawn, spawnSync } from "node:child_process";
import { startWorld } from "./bench/fusion/world.ts";
import { startServer } from "./test/support/server-process.ts";
import { measuredLoad } from "./bench/support/load.ts";
const SECONDS = Number(process.env.SECONDS ?? 8);
const world = await startWorld(300, 1);
const { cert, key, ca } = world.mesh.identity("fusion");
const env = { TLS_CERT_FILE: cert, TLS_KEY_FILE: key, TLS_CA_FILE: ca };
const echo = await startServer(new URL("./bench/fusion/echo-server.ts", import.meta.url), { env });
const client = new URL("./bench/fusion/rerank-client.ts", import.meta.url);
const load = { tls: world.tls, clients: 8, firstCalls: 20, seconds: SECONDS, seed: 1, userId: world.userId, itemIds: world.itemIds.slice(0,100) };
const sides = { fusion: { url: world.fusionUrl, pid: world.fusionPid }, echo: {url: echo.url, pid: echo.pid} } as any;
const run = async (side: string, seconds = SECONDS) => { const { summary, cpu } = await measuredLoad<any, "server">(client, { ...load, seconds, url: sides[side].url }, { server: sides[side].pid }); return { ...summary, us: cpu.server / (summary.calls + 161) * 1e6 }; };
console.log("pids", sides.fusion.pid, sides.echo.pid);
await run("fusion", 12); await run("echo", 12);
for (let i = 0; i < 3; i++) { const f = await run("fusion"), e = await run("echo"); console.log(f.us.toFixed(0), e.us.toFixed(0), (f.us / e.us).toFixed(2), "calls", f.calls, e.calls, "p50", f.p50Ms.toFixed(1)); }
if (process.env.PROFILE) for (const side of ["fusion", "echo"]) {
  const p = spawn("node", ["/tmp/x/attach.mjs", String(sides[side].pid), "6", `/tmp/x/${side}.cpuprofile`], { stdio: "inherit" });
  await run(side, 9); await new Promise((r) => p.exitCode !== null ? r(0) : p.on("exit", r));
  spawnSync("true");
}
if (process.env.PERF) for (const side of ["fusion", "echo"]) {
  const p = spawn("perf", ["record", "-g", "-F", "1999", "-o", `/tmp/x/${side}.perf`, "-p", String(sides[side].pid), "--", "sleep", "5"], { stdio: "ignore" });
  await run(side, 8); await new Promise((r) => p.exitCode !== null ? r(0) : p.on("exit", r));
}
if (process.env.THREADS) for (const side of ["fusion","echo"]) { const {readdirSync,readFileSync}=await import("node:fs"); const snap=()=>Object.fromEntries(readdirSync(`/proc/${sides[side].pid}/task`).map(t=>{const s=readFileSync(`/proc/${sides[side].pid}/task/${t}/stat`,"utf8"); const n=s.slice(s.indexOf("(")+1,s.lastIndexOf(")")); const f=s.slice(s.lastIndexOf(")")+2).split(" "); return [t+" "+n,[+f[11],+f[12]]];})); const a=snap(); const r=await run(side); const b=snap(); for(const k in b) { const d=[b[k][0]-(a[k]?.[0]??0), b[k][1]-(a[k]?.[1]??0)]; if(d[0]+d[1]>3) console.log(side,k,"user us/call",(d[0]*1e4/(r.calls+161)).toFixed(0),"sys",(d[1]*1e4/(r.calls+161)).toFixed(0)); } }
await echo.end("SIGKILL"); await world.mesh.stop(); process.exit();
