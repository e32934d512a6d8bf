import { type FormEvent, useEffect, useRef } from "react";
import { PHOTO_TYPES, photoRefusal } from "../api/photo-file.ts";
import { useApp } from "../app.ts";
import { useStore } from "../state/use-store.ts";
import { CameraIcon, SearchIcon } from "./icons.tsx";

/** The server's limit of a sentence. */
const LONGEST = 1000;

/** Words, or a photo, to search with. */
export function SearchBox() {
  const { router, photoQueries, notices } = useApp();
  const route = useStore(router);
  const words = useRef<HTMLInputElement>(null);
  const picker = useRef<HTMLInputElement>(null);
  const shown = route.page === "search" ? route.text : "";

  useEffect(() => {
    if (words.current) words.current.value = shown; // back and forward change the words too
  }, [shown]);

  const search = (event: FormEvent) => {
    event.preventDefault();
    const text = words.current?.value.trim() ?? "";
    if (text) router.go({ page: "search", text });
  };
  const searchWith = (file: File | undefined) => {
    if (file === undefined) return;
    const refusal = photoRefusal(file);
    if (refusal) notices.show({ text: `${refusal.reason} ${refusal.advice}` });
    else router.go({ page: "photo", key: photoQueries.add(file) });
  };

  return (
    <search>
      <form onSubmit={search} className="relative flex items-center">
        <span className="pointer-events-none absolute left-4 text-muted">
          <SearchIcon />
        </span>
        <input
          ref={words}
          type="search"
          name="q"
          maxLength={LONGEST}
          defaultValue={shown}
          enterKeyHint="search"
          autoComplete="off"
          aria-label="Search in words"
          placeholder="A red dress, something warm…"
          className="h-12 w-full rounded-full border border-line bg-surface pr-14 pl-11 text-base placeholder:text-muted [&::-webkit-search-cancel-button]:hidden"
        />
        <button
          type="button"
          onClick={() => picker.current?.click()}
          title="Find like a photo"
          className="round absolute right-0.5 border-transparent bg-transparent text-muted hover:text-ink"
        >
          <span className="sr-only">Find like a photo</span>
          <CameraIcon />
        </button>
        <input
          ref={picker}
          type="file"
          accept={PHOTO_TYPES}
          hidden
          aria-label="Photo to search with"
          onChange={({ target }) => {
            searchWith(target.files?.[0]);
            target.value = "";
          }}
        />
      </form>
    </search>
  );
}
