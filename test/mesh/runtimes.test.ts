import { createClient } from "@connectrpc/connect";
import t from "tap";
import { EncoderService } from "../../gen/flashfit/encoder/v1/encoder_pb.ts";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { IndexService } from "../../gen/flashfit/index/v1/index_pb.ts";
import { get } from "../edge/edge.ts";
import { drawnPhoto } from "../support/drawn-photo.ts";
import { startMesh } from "../support/mesh.ts";
import { edgeTransport } from "./clients.ts";

const photos = await Promise.all(["#c0272d", "#1f3a93", "#2e7d32"].map((colour) => drawnPhoto(320, colour)));

for (const runtime of ["node", "deno", "bun"]) {
  t.test(`all six processes on ${runtime}, behind Envoy`, async (t) => {
    const mesh = await startMesh({ env: { FLASHFIT_RUNTIME: runtime } });
    t.teardown(() => mesh.stop());
    const transport = edgeTransport(mesh, 30_000);

    const ca = Buffer.from(mesh.ca);
    const health = await get(`${mesh.edgeUrl}/health`, { ca });
    t.match(JSON.parse(health.body.toString()), { status: /healthy|degraded/, models: { clip_loaded: true } });
    const page = await get(`${mesh.edgeUrl}/app/`, { ca, headers: { "accept-encoding": "br" } });
    t.match(page, { status: 200, headers: { "content-security-policy": /^default-src 'none'/ } });
    t.match(await (await fetch(mesh.addresses.monitor!.concat("/metrics"))).text(), /flashfit_disk_usage_percent\{/);

    const { models } = await createClient(EncoderService, transport).listModels({});
    t.same(
      models
        .filter((model) => model.loaded)
        .map((model) => model.name)
        .sort(),
      ["blip", "clip", "fashion"],
    );

    async function* wardrobe() {
      for (const [i, photo] of photos.entries())
        yield { key: `photo ${i}`, garment: { ownerId: "ann", photo, category: "t-shirt" } };
    }
    const added: (string | undefined)[] = [];
    for await (const { result } of createClient(WardrobeService, transport).addGarments(wardrobe()))
      added.push(result.case);
    t.same(added, ["added", "added", "added"], "a bidirectional stream");

    const answer = await createClient(FusionService, transport).recommend({
      query: { case: "photo", value: photos[0]! },
      userId: "ann",
      k: 3,
    });
    t.equal(answer.items.length, 3, "a recommendation");
    t.same(answer.degraded, [], "with nothing left out");

    const { indexes } = await createClient(IndexService, transport).listIndexes({});
    t.same(
      indexes.map((index) => index.vectorCount),
      [3n, 3n, 3n],
      "three indices, which the recommendation has waited for",
    );

    const disliked = answer.items[0]!.id;
    const event = {
      eventId: `${runtime}-1`,
      userId: "ann",
      itemId: disliked,
      action: Action.DISLIKE,
      recommendationId: answer.recommendationId,
    };
    await createClient(FeedbackService, transport).recordEvents({ events: [event] });
    for (let shown = true; shown; ) {
      // Fusion is told of the answer by a stream, a few milliseconds after it was acknowledged; tap's limit ends this.
      const next = await createClient(FusionService, transport).recommend({
        query: { case: "photo", value: photos[0]! },
        userId: "ann",
        k: 3,
      });
      shown = next.items.some((item) => item.id === disliked);
      t.equal(next.items.length, shown ? 3 : 2, "what was disliked is not shown again");
    }

    const { processes } = await mesh.status();
    for (const name of ["encoder", "index", "fusion", "feedback", "web", "monitor"]) {
      t.match(
        processes.find((process) => process.name === name),
        { runtime, state: "running", restarts: 0 },
        name,
      );
    }
    t.equal(await mesh.stop(), 0, "an orderly stop");
  });
}
