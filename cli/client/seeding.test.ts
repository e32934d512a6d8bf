import { Code, ConnectError, createClient, createRouterTransport } from "@connectrpc/connect";
import t from "tap";
import { type AddGarmentsRequest, WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { type Outcome, type SeedItem, seedGarments } from "./seeding.ts";

/** A wardrobe that answers by the given rule; a thrown error ends the stream. */
function wardrobe(answer: (key: string, call: number) => object) {
  let calls = 0;
  const transport = createRouterTransport((router) =>
    router.service(WardrobeService, {
      async *addGarments(requests: AsyncIterable<AddGarmentsRequest>) {
        calls += 1;
        for await (const { key } of requests) yield { key, result: answer(key, calls) as never };
      },
    }),
  );
  return { client: createClient(WardrobeService, transport), streams: () => calls };
}

const added = { case: "added", value: { existed: false, garment: { category: "hat" } } };

function items(...keys: string[]): SeedItem[] {
  return keys.map((key) => ({ key, load: async () => ({ photo: new Uint8Array([1]) }) }));
}

async function seed(client: ReturnType<typeof wardrobe>["client"], list: SeedItem[]) {
  const outcomes: Outcome[] = [];
  const waits: number[] = [];
  await seedGarments({
    client,
    items: list,
    onOutcome: (outcome) => outcomes.push(outcome),
    sleep: async (ms) => void waits.push(ms),
    windowSize: 2,
  });
  return { outcomes: outcomes.map(({ key, kind }) => `${key} ${kind}`).sort(), waits };
}

t.test("every item has one outcome", async (t) => {
  const { client } = wardrobe((key) =>
    key === "bad" ? { case: "refused", value: { code: "invalid_argument", message: "not an image" } } : added,
  );
  const { outcomes } = await seed(client, items("a", "bad", "c", "d"));
  t.same(outcomes, ["a added", "bad refused", "c added", "d added"]);
});

t.test("a broken stream is opened again for what is left, after the time that the server asks for", async (t) => {
  const { client, streams } = wardrobe((key, call) => {
    if (key === "b" && call === 1) throw new ConnectError("slow down", Code.ResourceExhausted, { "retry-after": "1" });
    return added;
  });
  const { outcomes, waits } = await seed(client, items("a", "b", "c"));
  t.same(outcomes, ["a added", "b added", "c added"]);
  t.same(waits, [1000]);
  t.equal(streams(), 2);
});

t.test("a transient refusal of one item is repeated", async (t) => {
  const { client } = wardrobe((_, call) =>
    call === 1 ? { case: "refused", value: { code: "unavailable", message: "the index is away" } } : added,
  );
  t.same((await seed(client, items("a", "b"))).outcomes, ["a added", "b added"]);
});

t.test("a mesh that stays away is given up with its error", async (t) => {
  const { client, streams } = wardrobe(() => {
    throw new ConnectError("away", Code.Unavailable);
  });
  await t.rejects(seed(client, items("a")), { code: Code.Unavailable });
  t.equal(streams(), 7);
});

t.test("a file that cannot be read ends only itself", async (t) => {
  const { client } = wardrobe(() => added);
  const broken: SeedItem = { key: "gone", load: () => Promise.reject(new Error("ENOENT")) };
  t.same((await seed(client, [...items("a"), broken, ...items("b")])).outcomes, ["a added", "b added", "gone refused"]);
});
