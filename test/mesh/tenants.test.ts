/**
 * Two people never see each other's wardrobe, history or photos: every method that outsiders reach is called by Eve, in her
 * own name and in nobody's, with the ids of Ada's garments, outfits and recommendations. A user id is a capability: it is
 * random and secret, and whoever knows it speaks for that person. There are no log-ins yet, so that Eve knows Ada's user id
 * is not tried here; that no answer tells it to her is.
 */
import { readFileSync } from "node:fs";
import { type DescMessage, type DescMethod, toJsonString } from "@bufbuild/protobuf";
import { createClient } from "@connectrpc/connect";
import t from "tap";
import { contracts, meshOnly, restPaths } from "../../envoy/mesh/services.ts";
import { Action, ExportPersonResponseSchema, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { FusionService } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { OutfitService } from "../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { get } from "../edge/edge.ts";
import { drawnPhoto } from "../support/drawn-photo.ts";
import { startMesh } from "../support/mesh.ts";
import { edgeTransport } from "./clients.ts";

const ADA = "ada-5f0c9e7b1d";
const EVE = "eve-81aa34c6f2";

const mesh = await startMesh();
t.teardown(() => mesh.stop());
const transport = edgeTransport(mesh, 30_000);
const ca = readFileSync(mesh.caFile);
const wardrobe = createClient(WardrobeService, transport);
const feedback = createClient(FeedbackService, transport);
const fusion = createClient(FusionService, transport);
const outfits = createClient(OutfitService, transport);

const add = async (ownerId: string, category: string, colour: string) =>
  (await wardrobe.addGarment({ garment: { ownerId, photo: await drawnPhoto(300, colour), category } })).garment!.id;
const top = await add(ADA, "t-shirt", "#c0272d");
const bottom = await add(ADA, "pants", "#20308f");
await add(EVE, "t-shirt", "#c0272e");
const shown = await fusion.recommend({ userId: ADA, query: { case: "itemId", value: top } });
await feedback.recordEvents({
  events: [
    { eventId: "ada-likes", userId: ADA, itemId: top, action: Action.LIKE, recommendationId: shown.recommendationId },
  ],
});
const outfit = (await outfits.saveOutfit({ userId: ADA, itemIds: [top, bottom] })).outfit!.id;
/** What belongs to Ada alone, and would be a leak wherever Eve reads it. */
const secrets = [ADA, top, bottom, outfit, shown.recommendationId, "ada-likes"];

/** Each unary method by "Service/Method": the requests that Eve sends. */
const adas = { itemIds: [top, bottom], userId: EVE };
const event = {
  eventId: "forged",
  userId: EVE,
  itemId: top,
  action: "ACTION_LIKE",
  recommendationId: shown.recommendationId,
};
const photo = Buffer.from(await drawnPhoto(300, "#c0272f")).toString("base64");
const cosines = Buffer.from(new Float32Array([0.5, 0.4]).buffer).toString("base64");
const requests: Record<string, object[]> = {
  "FusionService/Recommend": ["", EVE].flatMap((userId) => [
    { userId, itemId: top },
    { userId, text: "a red t-shirt", k: 100 },
    { userId, k: 100 },
    { userId, photo, k: 100 },
  ]),
  "FusionService/Rerank": [
    { userId: EVE, itemIds: [top, bottom], scores: [{ model: "clip", cosines }], explain: true },
  ],
  "WardrobeService/AddGarment": [{ garment: { ownerId: EVE, photo } }],
  "WardrobeService/ListGarments": [{ ownerId: EVE }, { ownerId: "" }],
  "WardrobeService/GetGarment": [{ id: top, userId: EVE }, { id: top }],
  "WardrobeService/GetGarmentPhoto": [{ id: top, userId: EVE }, { id: top }],
  "WardrobeService/BatchGetGarmentPhotos": [{ ids: [top, bottom], userId: EVE }, { ids: [top] }],
  "WardrobeService/UpdateGarment": [
    { id: top, userId: EVE, category: "hat" },
    { id: top, category: "hat" },
  ],
  "WardrobeService/DeleteGarment": [{ id: top, userId: EVE }, { id: top }],
  "WardrobeService/ErasePerson": [{ userId: "eve-another" }],
  "OutfitService/ComposeOutfits": [adas, { itemIds: [top], userId: EVE }, { itemIds: [top] }],
  "OutfitService/FillInTheBlank": [{ ...adas, candidateIds: [bottom] }],
  "OutfitService/ScoreOutfit": [adas, { itemIds: [top, bottom] }],
  "OutfitService/SaveOutfit": [adas],
  "OutfitService/ListOutfits": [{ userId: EVE }],
  "OutfitService/DeleteOutfit": [{ id: outfit, userId: EVE }],
  "FeedbackService/RecordEvents": [{ events: [event] }, { events: [{ ...event, eventId: "ada-likes" }] }],
  "FeedbackService/ListEvents": [{ userId: EVE }],
  "FeedbackService/GetProfile": [{ userId: EVE }],
  "FeedbackService/ResetProfile": [{ userId: EVE }],
  "FeedbackService/ErasePerson": [{ userId: "eve-another" }],
};

/** They take no id of a person or of what a person owns, and keep nothing. */
const impersonal = new Set([
  ...contracts.encoder.flatMap(({ methods }) => methods.map(nameOf)),
  "IndexService/ListIndexes",
  "FeedbackService/ListPolicies",
]);
/** Tried below, by themselves. */
const streams = ["WardrobeService/AddGarments", "FeedbackService/StreamEvents", "FeedbackService/ExportPerson"];

const reachable = Object.values(contracts)
  .flatMap((services) => services.flatMap(({ methods }) => methods))
  .filter((method) => !meshOnly.includes(method));

t.test("every method that the edge has is tried, or takes no id of anybody", async (t) => {
  const tried = new Set([...Object.keys(requests), ...streams, ...impersonal]);
  t.same(
    reachable.map(nameOf).filter((name) => !tried.has(name)),
    [],
  );
  for (const method of reachable.filter((one) => impersonal.has(nameOf(one)))) {
    t.notOk(namesPeople(method.input), `${nameOf(method)} names nobody`);
  }
});

t.test("Eve learns nothing that is Ada's, by any method", async (t) => {
  for (const method of reachable) {
    for (const request of requests[nameOf(method)] ?? []) {
      const path = `/${method.parent.typeName}/${method.name}`;
      const headers = { "content-type": "application/json" };
      const { status, body } = await get(mesh.edgeUrl + path, { ca, headers, body: JSON.stringify(request) });
      unseen(t, `${nameOf(method)} ${JSON.stringify(request).slice(0, 120)}`, status, body, request);
    }
  }
});

t.test("Eve learns nothing that is Ada's, by any REST path", async (t) => {
  for (const { method, path, rpc } of restPaths) {
    const name = rpc.slice(rpc.lastIndexOf(".") + 1);
    for (const request of requests[name] ?? []) {
      const { id = "", ...rest } = request as Record<string, string>;
      const query = method === "POST" ? "" : `?${new URLSearchParams(rest)}`;
      const url = mesh.edgeUrl + path.replace("{id}", id) + query;
      const body = method === "POST" ? JSON.stringify(request) : undefined;
      const answer = await get(url, { ca, method, headers: { "content-type": "application/json" }, body });
      unseen(t, `${method} ${path} ${JSON.stringify(request).slice(0, 120)}`, answer.status, answer.body, request);
    }
  }
});

t.test("Eve learns nothing that is Ada's, by streams", async (t) => {
  // Her own event and what she sent to be ordered name the ids that she forged; nothing else of Ada may be there.
  const written = [top, bottom, shown.recommendationId];
  for await (const part of feedback.exportPerson({ userId: EVE })) {
    const text = toJsonString(ExportPersonResponseSchema, part);
    const hers = part.part.case !== "recommendation" || part.part.value.kind === "rerank";
    const leaked = secrets.filter((secret) => text.includes(secret) && !(hers && written.includes(secret)));
    t.ok(leaked.length === 0, part.part.case ?? "nothing", { leaked, text });
  }
  for await (const { result } of wardrobe.addGarments(
    one({ garment: { ownerId: EVE, photo: await drawnPhoto(290) } }),
  )) {
    t.equal(result.value?.$typeName, "flashfit.fusion.v1.Added");
    if (result.case === "added") t.notOk(secrets.includes(result.value.garment?.id ?? ""));
  }
  const stream = feedback.streamEvents(
    one({ event: { eventId: "ada-likes", userId: EVE, itemId: top, action: Action.DISLIKE } }),
  );
  for await (const { code, message } of stream) t.match([code, message], ["already_exists", /^((?!ada-5f0c).)*$/]);
});

t.test("what is Ada's is as it was", async (t) => {
  const { garments } = await wardrobe.listGarments({ ownerId: ADA });
  t.same(
    garments.map(({ id, category }) => [id, category]).sort(),
    [
      [top, "t-shirt"],
      [bottom, "pants"],
    ].sort(),
  );
  t.ok((await wardrobe.getGarmentPhoto({ id: top, userId: ADA })).photo.length > 100);
  t.same(
    (await feedback.listEvents({ userId: ADA })).events.map(({ eventId }) => eventId),
    ["ada-likes"],
  );
  t.same(
    (await outfits.listOutfits({ userId: ADA })).outfits.map(({ id }) => id),
    [outfit],
  );
  const { profile } = await feedback.getProfile({ userId: ADA });
  t.same([profile?.eventCount, profile?.dislikedItemIds], [1n, []]);
});

type Tap = Pick<typeof t, "notOk" | "ok" | "notMatch">;

/** An answer may repeat what Eve said herself, and no more; a photo never. */
function unseen(t: Tap, what: string, status: number, body: Buffer, request: object) {
  const before = what.startsWith("FeedbackService/") ? event : {};
  const said = JSON.stringify([request, before]);
  const text = body.toString();
  t.ok(status === 200 || (status >= 400 && status < 500), `${what}: ${status}`, { text });
  const leaked = secrets.filter(
    (secret) => text.includes(secret) && !(said.includes(secret) && mayRepeat(status, what)),
  );
  t.ok(leaked.length === 0, what, { leaked, status, text: text.slice(0, 1000) });
  if (/Photo/.test(what) && status === 200) t.notMatch(text, /"photo":"[^"]{20}/, `${what}: no picture`);
}

/** Refusals name what was asked for; so does an answer of what Eve wrote down or sent to be ordered. */
function mayRepeat(status: number, what: string): boolean {
  return status !== 200 || /^(FeedbackService|FusionService\/Rerank)/.test(what);
}

function nameOf({ parent, name }: DescMethod): string {
  return `${parent.name}/${name}`;
}

/** Whether a field of the message, or of those in it, is an id of a person or of what a person owns. */
function namesPeople({ fields }: DescMessage): boolean {
  const ids = /^(id|ids|.*(user|owner|item|recommendation|candidate|event)_ids?)$/;
  return fields.some(({ name, parent, message }) => {
    if (parent.file.proto.package === "inference") return false; // ids of requests and of tensors
    return ids.test(name) || (message !== undefined && message !== parent && namesPeople(message));
  });
}

async function* one<T>(value: T) {
  yield value;
}
