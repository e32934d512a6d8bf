import { createClient } from "@connectrpc/connect";
import { createContext, useContext } from "react";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { WardrobeService } from "../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { explainError } from "./api/explain-error.ts";
import { garmentAdded, recommendAnew } from "./api/garment-lists.ts";
import { createPhotoCache } from "./api/photo-cache.ts";
import { createQueryClient } from "./api/query-client.ts";
import { repeated, wait } from "./api/retry.ts";
import { createTransport } from "./api/transport.ts";
import { createUploadQueue } from "./api/upload-queue.ts";
import { createNotices } from "./state/notices.ts";
import { createOpinions, type Opinion } from "./state/opinions.ts";
import { currentPerson } from "./state/person.ts";
import { createPhotoQueries } from "./state/photo-queries.ts";
import { createRouter } from "./state/router.ts";
import { browserStorage } from "./state/storage.ts";
import { createStore } from "./state/store.ts";

/** A photo may take a while over a phone's connection. */
const UPLOAD_TIMEOUT_MS = 120_000;

const ACTIONS: Record<Opinion, Action> = { like: Action.LIKE, skip: Action.SKIP };

/** Everything that the page's parts share. */
export type App = ReturnType<typeof createApp>;

/** Wires it: who the person is, the calls to the edge, and what is kept of their answers. */
export function createApp() {
  const storage = browserStorage();
  const person = currentPerson(storage, () => crypto.randomUUID());
  const reachable = createStore(true);
  const transport = createTransport(location.origin, reachable);
  const wardrobe = createClient(WardrobeService, transport);
  const feedback = createClient(FeedbackService, transport);
  const queries = createQueryClient();
  const notices = createNotices();
  const router = createRouter();

  const photos = createPhotoCache({
    schedule: (flush) => void setTimeout(flush, 16), // a frame; unlike animation frames it also comes in the background
    async fetchBatch(ids) {
      try {
        const answer = await repeated(() => wardrobe.batchGetGarmentPhotos({ ids, userId: person }));
        return new Map(answer.photos.map(({ id, photo }) => [id, webp(photo)]));
      } catch (error) {
        const action = { label: "Try again", run: () => photos.retryFailed() };
        notices.show({ text: `Some pictures did not come. ${explainError(error).title}.`, action, lasting: true });
        throw error;
      }
    },
  });
  reachable.subscribe(() => reachable.get() && photos.retryFailed());

  const uploads = createUploadQueue({
    wait,
    async add(file, signal) {
      const photo = new Uint8Array(await file.arrayBuffer());
      const garment = { ownerId: person, photo };
      return wardrobe.addGarment({ garment }, { signal, timeoutMs: UPLOAD_TIMEOUT_MS });
    },
    onDone({ file, state: { garment, existed } }) {
      if (existed) return;
      photos.put(garment.id, file); // shown at once, without asking for what we have
      garmentAdded(queries, garment);
    },
  });

  const opinions = createOpinions({
    async send({ itemId, opinion, recommendationId }) {
      const event = { userId: person, itemId, recommendationId, action: ACTIONS[opinion] };
      const eventId = crypto.randomUUID(); // the same for every try: it counts once
      await repeated(() => feedback.recordEvents({ events: [{ ...event, eventId }] }));
    },
    onStored: () => recommendAnew(queries),
    onFailed({ opinion }, error) {
      const { title, detail } = explainError(error);
      notices.show({ text: `Your ${opinion} was not stored. ${title}${detail && `: ${detail}`}`, lasting: true });
    },
  });

  return {
    storage,
    person,
    reachable,
    transport,
    queries,
    notices,
    router,
    photos,
    uploads,
    opinions,
    photoQueries: createPhotoQueries(),
  };
}

function webp(bytes: Uint8Array): Blob {
  return new Blob([new Uint8Array(bytes)], { type: "image/webp" });
}

export const AppContext = createContext<App | undefined>(undefined);

/** What the page's parts share. */
export function useApp(): App {
  const app = useContext(AppContext);
  if (app === undefined) throw new Error("expected an AppContext around this component");
  return app;
}
