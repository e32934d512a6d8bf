import { once } from "node:events";
import { createConnection } from "node:net";
import process from "node:process";
import t, { type Test } from "tap";
import { freePort } from "../../test/support/ports.ts";
import type { RecordedProcess } from "../state/leftovers.ts";
import { isRunning } from "../state/process-identity.ts";
import type { ChildSpec } from "./child.ts";
import { pollUntil } from "./parts/poll.ts";
import { Supervisor, type SupervisorEvent } from "./supervisor.ts";

/** A child that listens on a port, and ends when it is told to. */
function listener(name: string, port: number): ChildSpec {
  const script = `require("node:net").createServer().listen(${port}, "127.0.0.1"); console.log("hello");`;
  return {
    name,
    command: process.execPath,
    args: ["-e", script],
    env: process.env,
    ready: (signal) => pollUntil(() => accepts(port), signal, 20),
  };
}

function dying(name: string, script: string): ChildSpec {
  const never = (signal: AbortSignal) =>
    new Promise<void>((_, no) => signal.addEventListener("abort", () => no(signal.reason)));
  return { name, command: process.execPath, args: ["-e", script], env: process.env, ready: never };
}

async function accepts(port: number): Promise<boolean> {
  const socket = createConnection(port, "127.0.0.1");
  try {
    await once(socket, "connect");
    return true;
  } finally {
    socket.destroy();
  }
}

/** A supervisor whose events can be waited for. */
function supervise(t: Test, startTimeoutMs = 10_000) {
  const seen: SupervisorEvent[] = [];
  const waiters: (() => void)[] = [];
  let running: RecordedProcess[] = [];
  const supervisor = new Supervisor({
    logs: t.testdir(),
    startTimeoutMs,
    onEvent(event) {
      seen.push(event);
      for (const wake of waiters.splice(0)) wake();
    },
    onChange: (_, now) => {
      running = now;
    },
  });
  t.teardown(() => supervisor.killAll());
  const event = async (pattern: RegExp): Promise<SupervisorEvent> => {
    for (;;) {
      const found = seen.find(({ message }) => pattern.test(message));
      if (found !== undefined) return found;
      await new Promise<void>((wake) => waiters.push(wake));
    }
  };
  return { supervisor, event, running: () => running };
}

t.test("a child that is killed runs again, and it is said what happened", async (t) => {
  const { supervisor, event, running } = supervise(t);
  const port = await freePort();
  await supervisor.start(listener("one", port));
  const [first] = running();
  process.kill(first!.pid, "SIGKILL");
  t.match(await event(/ended/), { process: "one", message: "was ended by SIGKILL, restarting" });
  await event(/runs again/);
  t.match(supervisor.statuses, [{ name: "one", state: "running", restarts: 1 }]);
  t.not(running()[0]?.pid, first?.pid);
  t.ok(await accepts(port));
});

t.test("a child that ends at its start fails it, with its last words", async (t) => {
  const { supervisor, running } = supervise(t);
  const start = supervisor.start(dying("bad", 'console.error("no such setting"); process.exit(78)'));
  await t.rejects(start, { message: /^bad ended with exit code 78\n {4}no such setting\n {2}its log: / });
  t.same(running(), []);
});

t.test("a child that is not ready in time fails the start and is gone", async (t) => {
  const { supervisor, running } = supervise(t, 300);
  await t.rejects(supervisor.start(dying("slow", "setInterval(() => {}, 1000)")), {
    message: /^slow was not ready within 0.3 s/,
  });
  t.same(running(), []);
});

t.test("a program that does not exist is said to be so", async (t) => {
  const { supervisor } = supervise(t);
  const start = supervisor.start({ ...dying("ghost", ""), command: "/nowhere/ghost" });
  await t.rejects(start, { message: /^ghost could not be started: .*ENOENT/ });
});

t.test("a stopped child stays stopped, and one that ignores the signal is killed", async (t) => {
  const { supervisor, event, running } = supervise(t);
  const port = await freePort();
  const spec = listener("deaf", port);
  spec.args = ["-e", `process.on("SIGTERM", () => {}); ${spec.args[1]}`];
  await supervisor.start({ ...spec, stopMs: 200 });
  const [identity] = running();
  await supervisor.stop("deaf");
  t.match(await event(/killed/), { message: "did not end in time and was killed" });
  t.notOk(isRunning(identity!));
  t.match(supervisor.statuses, [{ state: "stopped", restarts: 0 }]);
});
