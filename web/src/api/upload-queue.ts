import { Code, ConnectError } from "@connectrpc/connect";
import type { Garment } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { createStore, type Store } from "../state/store.ts";
import { explainError } from "./explain-error.ts";
import { photoRefusal } from "./photo-file.ts";
import { retryAfterMs } from "./retry.ts";

/** Where one photo stands on its way into the wardrobe. */
export type UploadState =
  | { kind: "waiting" }
  | { kind: "adding" }
  /** The server is busy; it goes on by itself. */
  | { kind: "pausing" }
  | { kind: "done"; garment: Garment; existed: boolean }
  | { kind: "refused"; reason: string; advice: string }
  /** It did not go well this time. */
  | { kind: "failed"; reason: string };

export interface Upload {
  key: string;
  file: File;
  state: UploadState;
}

export interface UploadQueueOptions {
  /** Sends one photo. */
  add: (file: File, signal: AbortSignal) => Promise<{ garment?: Garment; existed: boolean }>;
  /** Resolves after some milliseconds, rejects when the signal aborts. */
  wait: (ms: number, signal: AbortSignal) => Promise<void>;
  /** A garment is in the wardrobe now. */
  onDone?: (upload: Upload & { state: { kind: "done" } }) => void;
  /** How many are sent at a time; default 3. */
  parallel?: number;
}

export interface UploadQueue extends Pick<Store<readonly Upload[]>, "get" | "subscribe"> {
  add(files: Iterable<File>): void;
  /** Sends a failed one again. */
  retry(key: string): void;
  /** Takes one away, whatever its state; a call under way is ended. */
  remove(key: string): void;
  /** Takes away all that are not done. */
  cancelAll(): void;
  /** Takes away those that are done: they have been seen. */
  forgetDone(): void;
}

/** Sends photos in the order they came, a few at a time. A busy server makes all of them wait; a bad photo ends only itself. */
export function createUploadQueue({ add, wait, onDone, parallel = 3 }: UploadQueueOptions): UploadQueue {
  const uploads = createStore<readonly Upload[]>([]);
  const running = new Map<string, AbortController>();
  let count = 0;

  const setState = (key: string, state: UploadState) =>
    uploads.set(uploads.get().map((upload) => (upload.key === key ? { ...upload, state } : upload)));

  function pump(): void {
    for (const upload of uploads.get()) {
      if (running.size >= parallel) return;
      if (upload.state.kind === "waiting" && !running.has(upload.key)) void run(upload);
    }
  }

  async function run(upload: Upload): Promise<void> {
    const controller = new AbortController();
    running.set(upload.key, controller);
    try {
      const state = await send(upload, controller.signal);
      setState(upload.key, state);
      if (state.kind === "done") onDone?.({ ...upload, state });
    } catch (error) {
      if (!controller.signal.aborted) setState(upload.key, failure(error));
    } finally {
      running.delete(upload.key);
      pump();
    }
  }

  async function send({ key, file }: Upload, signal: AbortSignal): Promise<UploadState & { kind: "done" }> {
    for (;;) {
      setState(key, { kind: "adding" });
      try {
        const { garment, existed } = await add(file, signal);
        signal.throwIfAborted();
        if (garment === undefined) throw new ConnectError("the server named no garment", Code.Internal);
        return { kind: "done", garment, existed };
      } catch (cause) {
        const error = ConnectError.from(cause);
        if (signal.aborted || error.code !== Code.ResourceExhausted) throw cause;
        setState(key, { kind: "pausing" });
        await wait(retryAfterMs(error), signal);
      }
    }
  }

  const drop = (gone: (upload: Upload) => boolean) => {
    const leaving = uploads.get().filter(gone);
    uploads.set(uploads.get().filter((upload) => !leaving.includes(upload)));
    for (const { key } of leaving) running.get(key)?.abort(new DOMException("taken away", "AbortError"));
  };

  return {
    get: uploads.get,
    subscribe: uploads.subscribe,
    add(files) {
      const added = [...files].map((file): Upload => {
        const refusal = photoRefusal(file);
        count += 1;
        return { key: `upload-${count}`, file, state: refusal ? { kind: "refused", ...refusal } : { kind: "waiting" } };
      });
      uploads.set([...uploads.get(), ...added]);
      pump();
    },
    retry(key) {
      if (uploads.get().find((upload) => upload.key === key)?.state.kind !== "failed") return;
      setState(key, { kind: "waiting" });
      pump();
    },
    remove: (key) => drop((upload) => upload.key === key),
    cancelAll: () => drop(({ state }) => state.kind !== "done"),
    forgetDone: () => drop(({ state }) => state.kind === "done"),
  };
}

function failure(cause: unknown): UploadState {
  const { title, detail, temporary } = explainError(cause);
  if (temporary) return { kind: "failed", reason: detail ? `${title}: ${detail}` : title };
  return { kind: "refused", reason: detail || title, advice: "Choose another photo." };
}
