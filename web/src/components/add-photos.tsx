import { useRef } from "react";
import { PHOTO_TYPES } from "../api/photo-file.ts";
import { useApp } from "../app.ts";
import { PlusIcon } from "./icons.tsx";

/** Opens the picker of the system; what is picked goes into the wardrobe. */
export function AddPhotos({ prominent = false }: { prominent?: boolean }) {
  const { uploads } = useApp();
  const picker = useRef<HTMLInputElement>(null);
  return (
    <>
      <button
        type="button"
        className={`button button-primary ${prominent ? "px-7 text-base" : ""}`}
        onClick={() => picker.current?.click()}
      >
        <PlusIcon /> Add photos
      </button>
      <input
        ref={picker}
        type="file"
        accept={PHOTO_TYPES}
        multiple
        hidden
        aria-label="Photos to add"
        onChange={({ target }) => {
          uploads.add(target.files ?? []);
          target.value = "";
        }}
      />
    </>
  );
}
