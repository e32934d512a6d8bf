import { useApp } from "../app.ts";
import { useStore } from "../state/use-store.ts";
import { uploadWords } from "../state/words.ts";

/** Tells those who listen to the page how far the photos are. */
export function UploadNews() {
  const { uploads } = useApp();
  const kinds = useStore(uploads).map(({ state }) => state.kind);
  return (
    <p className="sr-only" aria-live="polite">
      {uploadWords(kinds)}
    </p>
  );
}
