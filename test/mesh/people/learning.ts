import { randomUUID } from "node:crypto";
import { createClient } from "@connectrpc/connect";
import type { Test } from "tap";
import { Action, FeedbackService } from "../../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { drawnPhoto } from "../../support/drawn-photo.ts";
import type { TestMesh } from "../../support/mesh.ts";
import { edgeTransport } from "../clients.ts";

const LEARNED_MS = 20_000;

/** What people say of an answer: in a mesh whose catalogue is empty. */
export async function whatIsLearned(t: Test, mesh: TestMesh): Promise<void> {
  const transport = edgeTransport(mesh);
  const wardrobe = createClient(WardrobeService, transport);
  const fusion = createClient(FusionService, transport);
  const feedback = createClient(FeedbackService, transport);
  for (const colour of ["#c0272d", "#1f4fbf", "#2f8f3f", "#111111", "#eeeeee", "#d0a020"]) {
    await wardrobe.addGarment({ garment: { photo: await drawnPhoto(160, colour) } }, { timeoutMs: 20_000 });
  }
  const ask = (userId: string) =>
    fusion.recommend({ query: { case: "text", value: "a t-shirt" }, userId }, { timeoutMs: 10_000 });

  const first = await ask("ann");
  t.equal(first.items.length, 6);
  const [best, second] = first.items;
  const recommendationId = first.recommendationId;
  const event = (itemId = "", action: Action) => ({
    eventId: randomUUID(),
    userId: "ann",
    itemId,
    action,
    recommendationId,
  });
  await feedback.recordEvents({ events: [event(best?.id, Action.SKIP), event(second?.id, Action.LIKE)] });

  for (const began = performance.now(); ; ) {
    const { items, degraded } = await ask("ann");
    const changed = !items.some(({ id }) => id === best?.id);
    if (changed) {
      t.same(degraded, []);
      t.match(items.find(({ id }) => id === second?.id)?.reason, /you liked it before/);
      t.comment(`seen after ${Math.round(performance.now() - began)} ms`);
      break;
    }
    if (performance.now() - began > LEARNED_MS) throw new Error("expected that what was skipped goes, it stayed");
    await new Promise((resolve) => setTimeout(resolve, 50)); // pace of the poll
  }
  t.ok(
    (await ask("bob")).items.some(({ id }) => id === best?.id),
    "somebody else still sees it",
  );

  const { removed } = await wardrobe.erasePerson({ userId: "ann" });
  t.ok(
    Object.values(removed).some((rows) => rows > 0n),
    "something was kept of them",
    { removed },
  );
  t.same((await feedback.listEvents({ userId: "ann" })).events, []);
}
