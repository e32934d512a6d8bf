import { randomUUID } from "node:crypto";
import { create } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import t from "tap";
import { Action, FeedbackService, RecordEventsRequestSchema } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { drawnPhoto } from "../support/drawn-photo.ts";
import { startMesh } from "../support/mesh.ts";
import { edgeTransport } from "./clients.ts";

/** From the kill to the first complete answer: the promise to the user is ten seconds. */
const WHOLE_AGAIN_MS = 10_000;

const mesh = await startMesh();
t.teardown(() => mesh.stop());
const transport = edgeTransport(mesh);
const fusion = createClient(FusionService, transport);
const wardrobe = createClient(WardrobeService, transport);
const feedback = createClient(FeedbackService, transport);
const user = `crash-${randomUUID()}`;

/** Writes one after the other, remembering only what was acknowledged, until told to end. */
function keepWriting() {
  const acknowledged = { events: new Set<string>(), garments: new Set<string>() };
  let going = true;
  let refused = 0;
  let serial = 0;
  const events = (async () => {
    while (going) {
      const eventId = randomUUID();
      const request = create(RecordEventsRequestSchema, {
        events: [{ eventId, userId: user, itemId: `item-${serial++}`, action: Action.LIKE }],
      });
      await feedback.recordEvents(request, { timeoutMs: 5000 }).then(
        () => acknowledged.events.add(eventId),
        () => refused++,
      );
    }
  })();
  const garments = (async () => {
    while (going) {
      const photo = await drawnPhoto(160, `#${(serial++ * 7919 + 4096).toString(16).padStart(6, "0").slice(-6)}`);
      await wardrobe.addGarment({ garment: { ownerId: user, photo } }, { timeoutMs: 5000 }).then(
        ({ garment }) => acknowledged.garments.add(garment!.id),
        () => refused++,
      );
    }
  })();
  return {
    acknowledged,
    async end() {
      going = false;
      await Promise.all([events, garments]);
      return { ...acknowledged, refused };
    },
  };
}

/** The status once it says that the process runs again: an absent cache fails no call, so calls do not wait for it. */
async function restarted(name: string) {
  for (const until = performance.now() + WHOLE_AGAIN_MS; ; ) {
    const status = await mesh.status();
    const process = status.processes.find((one) => one.name === name);
    if ((process?.state === "running" && process.restarts > 0) || performance.now() > until) return status;
    await new Promise((resolve) => setTimeout(resolve, 50)); // pace of the poll
  }
}

/** A complete answer: every model, the profile, nothing left out. */
async function wholeAgain(since: number): Promise<number> {
  for (;;) {
    const answer = await fusion
      .recommend(
        { query: { case: "text", value: `a red t-shirt ${randomUUID()}` }, userId: user, k: 1 },
        { timeoutMs: 2000 },
      )
      .catch(() => undefined);
    const ms = performance.now() - since;
    if (answer && answer.items.length > 0 && answer.degraded.length === 0) return ms;
    if (ms > 3 * WHOLE_AGAIN_MS) return ms;
    await new Promise((resolve) => setTimeout(resolve, 50)); // pace of the poll, not a wait for luck
  }
}

await wardrobe.addGarment({ garment: { ownerId: user, photo: await drawnPhoto() } });

for (const name of ["encoder", "index", "fusion", "feedback", "envoy", "postgres", "valkey"]) {
  t.test(`kill -9 of ${name} while requests run`, async (t) => {
    const writing = keepWriting();
    while (writing.acknowledged.events.size < 5 || writing.acknowledged.garments.size < 1)
      await new Promise(setImmediate);
    await mesh.killChild(name);
    const ms = await wholeAgain(performance.now());
    const { events, garments, refused } = await writing.end();
    t.ok(ms < WHOLE_AGAIN_MS, `whole again after ${Math.round(ms)} ms`);
    t.comment(`${events.size} events and ${garments.size} garments acknowledged, ${refused} calls refused meanwhile`);

    const known = new Set<string>();
    for (let pageToken = ""; ; ) {
      const page = await feedback.listEvents({ userId: user, pageSize: 1000, pageToken });
      for (const event of page.events) known.add(event.eventId);
      pageToken = page.nextPageToken;
      if (!pageToken) break;
    }
    t.same(
      [...events].filter((id) => !known.has(id)),
      [],
      "every acknowledged event is there",
    );
    const owned = new Set<string>();
    for (let pageToken = ""; ; ) {
      const page = await wardrobe.listGarments({ ownerId: user, pageSize: 1000, pageToken });
      for (const garment of page.garments) owned.add(garment.id);
      pageToken = page.nextPageToken;
      if (!pageToken) break;
    }
    t.same(
      [...garments].filter((id) => !owned.has(id)),
      [],
      "every acknowledged garment is there",
    );

    const { processes, events: happened } = await restarted(name);
    t.ok(processes.find((process) => process.name === name)!.restarts >= 1, "the status counts the restart");
    t.ok(
      happened.some((event) => event.process === name && /SIGKILL/.test(event.message)),
      "the status says what happened",
      { happened },
    );
  });
}
