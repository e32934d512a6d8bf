import type { ReactNode } from "react";
import type { Upload } from "../api/upload-queue.ts";
import { useApp } from "../app.ts";
import { capital } from "../state/words.ts";
import { CrossIcon } from "./icons.tsx";
import { Link } from "./link.tsx";
import { useObjectUrl } from "./use-object-url.ts";

/** A photo on its way into the wardrobe: seen at once, with where it stands. */
export function UploadTile({ upload }: { upload: Upload }) {
  const { uploads } = useApp();
  const { key, file, state } = upload;
  const open = state.kind === "waiting" || state.kind === "adding" || state.kind === "pausing";
  const picture = file.type.startsWith("image/");
  const url = useObjectUrl(picture ? file : undefined);
  return (
    <li className="arrive relative" data-upload={state.kind}>
      <div className="relative aspect-square overflow-hidden bg-well">
        {url && (
          <img
            src={url}
            alt={file.name}
            className={`size-full object-cover ${state.kind === "done" ? "" : "opacity-45"}`}
          />
        )}
        {!picture && (
          <p className="grid size-full place-items-center font-display text-3xl text-muted">
            {/\.\w{1,5}$/.exec(file.name)?.[0] ?? "?"}
          </p>
        )}
        {state.kind === "adding" && (
          <div className="absolute inset-x-0 bottom-0 h-1 motion-safe:animate-pulse bg-accent" />
        )}
      </div>
      <div className="mt-3 text-sm leading-snug" role={open ? undefined : "status"}>
        <Words upload={upload} />
      </div>
      <button
        type="button"
        onClick={() => uploads.remove(key)}
        title={open ? "Cancel" : "Dismiss"}
        className="round absolute top-2 right-2 border-transparent"
      >
        <span className="sr-only">
          {open ? "Cancel" : "Dismiss"} {file.name}
        </span>
        <CrossIcon />
      </button>
    </li>
  );
}

function Words({ upload: { key, file, state } }: { upload: Upload }): ReactNode {
  const { uploads } = useApp();
  switch (state.kind) {
    case "waiting":
      return <p className="text-muted">Waiting</p>;
    case "adding":
      return <p className="text-muted">Adding…</p>;
    case "pausing":
      return <p className="text-muted">The server is busy: it goes on by itself</p>;
    case "done":
      return (
        <Link to={{ page: "item", id: state.garment.id }} className="quiet">
          Already in your wardrobe: {capital(state.garment.caption || state.garment.category)}
        </Link>
      );
    case "refused":
      return (
        <>
          <p className="truncate font-medium">{file.name}</p>
          <p>{capital(state.reason)}</p>
          <p className="text-muted">{state.advice}</p>
        </>
      );
    case "failed":
      return (
        <>
          <p className="truncate font-medium">{file.name}</p>
          <p>{state.reason}</p>
          <button type="button" className="button mt-2" onClick={() => uploads.retry(key)}>
            Try again
          </button>
        </>
      );
  }
}
