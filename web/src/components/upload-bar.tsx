import { useApp } from "../app.ts";
import { useStore } from "../state/use-store.ts";
import { uploadWords } from "../state/words.ts";

/** How far the photos are, and a way to stop them. */
export function UploadBar() {
  const { uploads } = useApp();
  const kinds = useStore(uploads).map(({ state }) => state.kind);
  if (!kinds.some((kind) => kind === "waiting" || kind === "adding" || kind === "pausing")) return null;
  const done = kinds.filter((kind) => kind === "done").length;
  return (
    <div className="mt-6 flex flex-wrap items-center gap-x-6 gap-y-3 bg-accent-soft px-5 py-3 text-sm">
      <p className="tabular-nums">{uploadWords(kinds)}</p>
      <progress className="progress min-w-32 flex-1" aria-label="Photos added" max={kinds.length} value={done} />
      <button type="button" className="quiet min-h-8" onClick={() => uploads.cancelAll()}>
        Cancel the rest
      </button>
    </div>
  );
}
