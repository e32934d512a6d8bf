import { createClient } from "@connectrpc/connect";
import t from "tap";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { drawnPhoto } from "../support/drawn-photo.ts";
import { startMesh } from "../support/mesh.ts";
import { edgeTransport } from "./clients.ts";

t.test("a hung Feedback degrades the answer within the deadline, it does not end it", async (t) => {
  const mesh = await startMesh();
  t.teardown(() => mesh.stop());
  const transport = edgeTransport(mesh);
  await createClient(WardrobeService, transport).addGarment(
    { garment: { photo: await drawnPhoto() } },
    { timeoutMs: 20_000 },
  );

  const feedback = await mesh.pidOf("feedback");
  process.kill(feedback, "SIGSTOP");
  t.teardown(() => process.kill(feedback, "SIGCONT"));
  const answer = await createClient(FusionService, transport).recommend(
    { query: { case: "text", value: "a red t-shirt" }, userId: "ann", k: 1 },
    { timeoutMs: 5000 },
  );
  t.equal(answer.items.length, 1, "an answer");
  t.same(answer.degraded, ["feedback", "recommendation_log"], "that says what was left out");
});
