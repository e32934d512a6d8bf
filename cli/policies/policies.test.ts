import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough } from "node:stream";
import t from "tap";
import { ensureMeshCertificates, spiffeId } from "../../envoy/certificates/mesh.ts";
import { type EvaluateRequest, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { failedPrecondition, notFound } from "../../services/kit/errors.ts";
import { HealthRegistry } from "../../services/kit/health.ts";
import { createServer, implement } from "../../services/kit/serve.ts";
import { CommandError } from "../command.ts";
import { run as evaluate } from "../commands/evaluate.ts";
import { run as policies } from "../commands/policies.ts";
import { releaseLock, takeLock } from "../state/lock.ts";
import { parseSince } from "./since.ts";

type Command = typeof policies;

/** A home in which a mesh seems to run, and behind its mesh listener a server that keeps FeedbackService's promises. */
async function setUp(t: Pick<typeof import("tap").default, "testdir" | "teardown">) {
  const home = t.testdir({ certs: {} });
  await ensureMeshCertificates({ folder: join(home, "certs") });
  const pem = (file: string) => readFileSync(join(home, "certs", file));
  const server = await createServer({
    name: "feedback",
    host: "127.0.0.1",
    port: 0,
    services: [FeedbackService],
    health: new HealthRegistry(),
    tls: { cert: pem("envoy.crt"), key: pem("envoy.key"), ca: pem("ca.crt"), peerId: spiffeId("cli") },
  });
  t.teardown(() => server.stop(0));
  const requests: EvaluateRequest[] = [];
  let shares: Record<string, number> = { baseline: 10, adaptive: 90 };
  const list = () =>
    Object.entries(shares).map(([name, share]) => ({
      name,
      share,
      recommendations: 12_345n,
      positive: 7n,
      negative: 2n,
    }));
  server.install([
    implement(FeedbackService, {
      listPolicies: () => ({ policies: list(), learnerLag: 3n }),
      setRollout: (request) => {
        if ("nope" in request.shares) throw notFound('no policy "nope"; there are adaptive, baseline');
        shares = request.shares;
        return { policies: list() };
      },
      evaluate: (request) => {
        requests.push(request);
        if (request.policy === "young") throw failedPrecondition("expected at least 30 recommendations, got 2");
        const estimate = (estimator: string, value: number) => ({
          estimator,
          value,
          lower: value - 0.1,
          upper: value + 0.1,
        });
        return {
          estimates: [estimate("ips", 0.4), estimate("snips", 0.5), estimate("dr", 0.45)],
          logged: estimate("logged", 0.3),
          recommendations: 1234n,
          effectiveSampleSize: 321.4,
          largestWeight: 9,
          meanWeight: 0.987,
        };
      },
    }),
  ]);
  await writeFile(join(home, "status.json"), JSON.stringify({ state: "ready", addresses: { mesh: server.url } }));
  takeLock(join(home, "launcher.lock"));
  t.teardown(() => releaseLock(join(home, "launcher.lock")));
  return { home, requests };
}

/** Runs a command in this process. */
async function said(command: Command, home: string, ...args: string[]) {
  let stdout = "";
  const stream = new PassThrough({
    transform(chunk, _, done) {
      stdout += chunk;
      done();
    },
  });
  const io = { stdout: stream, stderr: new PassThrough(), env: { FLASHFIT_HOME: home }, cwd: home };
  try {
    return { code: await command(args, io), stdout, stderr: "" };
  } catch (error) {
    if (!(error instanceof CommandError)) throw error;
    return { code: error.exitCode, stdout, stderr: error.message };
  }
}

t.test("policies are listed and shared out anew", async (t) => {
  const { home } = await setUp(t);
  t.match(await said(policies, home, "list"), {
    code: 0,
    stdout: /^baseline +10 % +12,345 +7 +2\nadaptive +90 % (.*\n)+3 entries of the log are not learned/m,
  });
  t.match(await said(policies, home, "rollout", "baseline=50.5", "adaptive=49.5"), {
    code: 0,
    stdout: /^baseline +50\.5 %/m,
  });
  const { stdout } = await said(policies, home, "list", "--json");
  t.match(JSON.parse(stdout), {
    policies: [{ name: "baseline", share: 50.5, recommendations: 12_345 }, {}],
    learnerLag: 3,
  });
  t.match(await said(policies, home, "rollout", "nope=100"), { code: 1, stderr: /no policy "nope"; there are/ });
  t.match(await said(policies, home, "rollout", "adaptive"), {
    code: 2,
    stderr: /expected POLICY=PERCENT.*got adaptive/,
  });
  t.match(await said(policies, home, "rollout", "a=50", "a=50"), { code: 2, stderr: /each policy once, got a twice/ });
  t.match(await said(policies, home, "rollout"), { code: 2, stderr: /expected 1 to 16 arguments/ });
});

t.test("evaluate asks for every policy, or the one that is named", async (t) => {
  const { home, requests } = await setUp(t);
  t.match(await said(evaluate, home), {
    code: 0,
    stdout: /^adaptive +0\.500 \(0\.400 to 0\.600\) +0\.450 .* +1,234 +321 +98\.7 %$/m,
  });
  t.same(
    requests.map(({ policy }) => policy),
    ["baseline", "adaptive"],
  );
  const { stdout } = await said(evaluate, home, "--policy", "convex", "--since", "2026-11-20", "--seed", "7", "--json");
  t.match(JSON.parse(stdout), [
    { policy: "convex", recommendations: 1234, logged: { value: 0.3 }, dr: { value: 0.45 } },
  ]);
  t.match(requests.at(-1), { policy: "convex", seed: 7n, since: { seconds: BigInt(Date.UTC(2026, 10, 20) / 1000) } });
  t.match(await said(evaluate, home, "--policy", "young"), { code: 1, stderr: /at least 30 recommendations, got 2/ });
  t.match(await said(evaluate, home, "--since", "tomorrow"), { code: 2, stderr: /--since: expected a date/ });
  t.match(await said(evaluate, home, "--samples", "5"), {
    code: 2,
    stderr: /--samples: expected a whole number from 100/,
  });
  t.match(await said(evaluate, home, "--help"), { code: 0, stdout: /^usage: flashfit evaluate/ });
  t.match(await said(evaluate, t.testdir()), { code: 1, stderr: /no mesh runs in/ });
});

t.test("--since is a date or how long ago", async (t) => {
  const now = Date.UTC(2026, 10, 21, 12);
  t.equal(parseSince("90m", now).getTime(), now - 5_400_000);
  t.equal(parseSince("7d", now).toISOString(), "2026-11-14T12:00:00.000Z");
  t.equal(parseSince("2026-11-21T08:00Z", now).toISOString(), "2026-11-21T08:00:00.000Z");
  for (const text of ["", "7", "x", "12:00", "2026-13-01", "5y"])
    t.throws(() => parseSince(text, now), /--since/, text);
});
