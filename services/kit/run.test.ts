import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process from "node:process";
import { createInterface } from "node:readline";
import { Code, ConnectError } from "@connectrpc/connect";
import t from "tap";
import { ConformanceService } from "../../test/conformance/gen/connectrpc/conformance/v1/service_pb.ts";
import { meshClient } from "./client.ts";

interface LogLine {
  event: string;
  level: string;
  time: string;
  service: string;
  url?: string;
  metricsUrls?: string[];
  request_id?: string;
  trace_id?: string;
  msg?: string;
  err?: { message: string };
}

/** A service process and what it says. */
class Fixture {
  readonly child: ChildProcess;
  readonly lines: LogLine[] = [];
  stderr = "";
  readonly #waiting = new Set<() => void>();
  readonly ended: Promise<number | null>;

  constructor(env: Record<string, string> = {}) {
    this.child = spawn(process.execPath, [path.join(import.meta.dirname, "../../test/support/kit-service.ts")], {
      env: { PATH: process.env.PATH, ...env },
      stdio: ["pipe", "pipe", "pipe"],
    });
    t.teardown(() => this.child.kill("SIGKILL"));
    this.child.stderr?.on("data", (chunk) => {
      this.stderr += chunk;
    });
    const said = createInterface({ input: this.child.stdout! });
    this.ended = Promise.all([once(this.child, "close"), once(said, "close")]).then(([[code]]) => code);
    said.on("line", (line) => {
      this.lines.push(JSON.parse(line));
      for (const wake of this.#waiting) wake();
    });
  }

  /** The first line with this event; rejects if the process ends without it. */
  async said(event: string): Promise<LogLine> {
    const ended = this.ended.then(() => "ended");
    for (;;) {
      const line = this.lines.find((one) => one.event === event);
      if (line) return line;
      const { promise, resolve } = Promise.withResolvers<string>();
      const wake = () => resolve("woken");
      this.#waiting.add(wake);
      const why = await Promise.race([promise, ended]);
      this.#waiting.delete(wake);
      if (why === "ended" && !this.lines.some((one) => one.event === event)) {
        throw new Error(`it ended without "${event}": ${JSON.stringify(this.lines)} ${this.stderr}`);
      }
    }
  }
}

const clientOf = ({ url }: LogLine) => meshClient(ConformanceService, { baseUrl: url ?? "" });

t.test(
  "the first line says where it listens; SIGTERM lets the open call end, then everything is released",
  async (t) => {
    const fixture = new Fixture();
    const listening = await fixture.said("listening");
    t.equal(fixture.lines[0], listening);
    t.match(listening, { service: "fixture", level: "info", time: /^\d{4}-\d\d-\d\dT[\d:.]+Z$/, url: /^http:\/\/127/ });
    await fixture.said("serving");
    const trace = "0af7651916cd43dd8448eb211c80319c";
    const headers = { "x-request-id": "r-1", traceparent: `00-${trace}-b7ad6b7169203331-01` };
    const answer = clientOf(listening).unary({}, { headers });
    t.match(await fixture.said("call_began"), { request_id: "r-1", trace_id: trace });
    fixture.child.kill("SIGTERM");
    await answer;
    t.equal(await fixture.ended, 0);
    const order = fixture.lines.map(({ event }) => event).filter((event) => /call_ended|release|stopped/.test(event));
    t.same(order, ["call_ended", "release_failed", "released", "stopped"]);
  },
);

t.test("metrics count calls by method and code, on every metrics port", async (t) => {
  const fixture = new Fixture();
  const listening = await fixture.said("listening");
  await fixture.said("serving");
  const client = clientOf(listening);
  await client.unary({});
  await client.unimplemented({}).catch(() => {});
  t.equal(listening.metricsUrls?.length, 2);
  for (const url of listening.metricsUrls ?? []) {
    const answer = await fetch(url);
    const text = await answer.text();
    t.match(text, /rpc_server_requests_total\{[^}]*method="Unary"[^}]*code="ok"[^}]*\} 1/);
    t.match(text, /rpc_server_requests_total\{[^}]*method="Unimplemented"[^}]*code="unimplemented"[^}]*\} 1/);
    t.match(text, /rpc_server_in_flight\{[^}]*method="Unary"[^}]*\} 0/);
    t.match(text, /rpc_server_duration_seconds_bucket\{/);
    t.match(text, /process_cpu_seconds_total/);
    t.equal((await fetch(new URL("/else", url))).status, 404);
  }
  fixture.child.kill("SIGINT");
  t.equal(await fixture.ended, 0);
});

t.test("bad settings: one readable message and exit code 78", async (t) => {
  const fixture = new Fixture({ DRAIN_MS: "soon", FIXTURE_PORT: "70000" });
  t.equal(await fixture.ended, 78);
  t.match(fixture.stderr, /DRAIN_MS is "soon".*\n.*FIXTURE_PORT is "70000"/);
  t.notMatch(fixture.stderr, "    at ");
});

t.test("TLS files that cannot be read, or not all of them: exit code 78", async (t) => {
  const some = new Fixture({ TLS_CERT_FILE: "/nowhere" });
  t.equal(await some.ended, 78);
  const missing = new Fixture({ TLS_CERT_FILE: "/nowhere", TLS_KEY_FILE: "/nowhere", TLS_CA_FILE: "/nowhere" });
  t.equal(await missing.ended, 78);
  t.match(missing.stderr, /TLS_CERT_FILE is "\/nowhere": expected a readable PEM file/);
});

t.test("a set-up that fails ends the process with 1 and the reason", async (t) => {
  const fixture = new Fixture({ TEST_SET_UP: "fails" });
  t.match(await fixture.said("cannot_start"), { level: "fatal", msg: /the model pack is not there/ });
  t.equal(await fixture.ended, 1);
});

t.test("an error that nobody caught ends the process with 1 and its stack in the log", async (t) => {
  const fixture = new Fixture({ TEST_SET_UP: "crashes" });
  t.match(await fixture.said("unhandled_rejection"), { level: "fatal", err: { message: "nobody caught this" } });
  t.equal(await fixture.ended, 1);
});

t.test("a taken port is a readable reason", async (t) => {
  const first = new Fixture();
  const port = new URL((await first.said("listening")).url ?? "").port;
  const second = new Fixture({ FIXTURE_PORT: port });
  t.match((await second.said("cannot_start")).msg, port);
  t.equal(await second.ended, 1);
  first.child.kill("SIGTERM");
});

t.test("the end of the supervisor's pipe drains and ends the process", async (t) => {
  const fixture = new Fixture({ FLASHFIT_SUPERVISED: "1" });
  await fixture.said("serving");
  fixture.child.stdin?.end();
  t.equal(await fixture.ended, 0);
});

t.test("a second signal ends the process at once", async (t) => {
  const fixture = new Fixture();
  const listening = await fixture.said("listening");
  await fixture.said("serving");
  const answer = clientOf(listening)
    .unary({})
    .catch((e: unknown) => e);
  await fixture.said("call_began");
  fixture.child.kill("SIGTERM");
  await fixture.said("draining");
  fixture.child.kill("SIGTERM");
  t.equal(await fixture.ended, 130);
  t.equal(ConnectError.from(await answer).code, Code.Unavailable, "the caller hears of it at once");
});
