import { create } from "@bufbuild/protobuf";
import t from "tap";
import { type Profile, ProfileSchema } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { Profiles } from "./profiles.ts";

function world({ maxBytes = 1e6 } = {}) {
  const asked: string[] = [];
  const outcomes: string[] = [];
  const clock = { ms: 0 };
  let version = 0n;
  const gate: { until: Promise<void> } = { until: Promise.resolve() };
  const profiles = new Profiles<bigint>({
    async fetch(userId): Promise<Profile> {
      asked.push(userId);
      version += 1n;
      const profile = create(ProfileSchema, { userId, version });
      await gate.until;
      return profile;
    },
    digest: (profile) => profile.version,
    maxBytes,
    maxAgeMs: 1000,
    nowMs: () => clock.ms,
    counted: (outcome) => outcomes.push(outcome),
  });
  const get = (userId: string) => profiles.get(userId, 500);
  return { profiles, get, asked, outcomes, clock, gate };
}

t.test("while changes are told, a profile is asked for once and again after a change of that person", async (t) => {
  const { profiles, get, asked, outcomes, clock } = world();
  profiles.connected();
  t.equal(await get("anna"), 1n);
  clock.ms = 1e9;
  t.equal(await get("anna"), 1n);
  t.equal(await get("bert"), 2n);
  profiles.changed(["anna", "nobody"]);
  t.equal(await get("anna"), 3n);
  t.equal(await get("bert"), 2n);
  t.same(asked, ["anna", "bert", "anna"]);
  t.same(outcomes, ["miss", "hit", "miss", "miss", "hit"]);
});

t.test("while nobody tells of changes, a profile is good for a time", async (t) => {
  const { profiles, get, clock } = world();
  t.equal(await get("anna"), 1n);
  clock.ms = 1000;
  t.equal(await get("anna"), 1n);
  clock.ms = 1001;
  t.equal(await get("anna"), 2n);
  profiles.connected();
  t.equal(await get("anna"), 3n, "what changed before the stream is not known");
  clock.ms = 5000;
  profiles.disconnected();
  clock.ms = 6000;
  t.equal(await get("anna"), 3n, "it was true until the stream ended");
  clock.ms = 6001;
  t.equal(await get("anna"), 4n);
});

for (const [what, happen] of [
  ["the person's profile changes", (profiles: Profiles<bigint>) => profiles.changed(["anna"])],
  ["a new stream begins", (profiles: Profiles<bigint>) => profiles.connected()],
] as const) {
  t.test(`an answer that was on its way while ${what} is used once and not kept`, async (t) => {
    const { profiles, get, gate } = world();
    profiles.connected();
    const opened = Promise.withResolvers<void>();
    gate.until = opened.promise;
    const answer = get("anna");
    happen(profiles);
    opened.resolve();
    t.equal(await answer, 1n);
    t.equal(await get("anna"), 2n);
    t.equal(await get("anna"), 2n);
  });
}

t.test("it holds no more than it may", async (t) => {
  const { profiles, get, asked } = world({ maxBytes: 2500 });
  profiles.connected();
  for (const userId of ["a", "b", "c", "c", "b", "a"]) await get(userId);
  t.same(asked, ["a", "b", "c", "a"]);
  t.equal(profiles.size, 2);
});
