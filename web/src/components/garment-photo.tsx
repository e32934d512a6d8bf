import { useCallback, useSyncExternalStore } from "react";
import { useApp } from "../app.ts";

/** The stored picture of a garment; asked for in one call with all others that are drawn at the same time. */
export function GarmentPhoto({ id, alt, whole = false }: GarmentPhotoProps) {
  const { photos } = useApp();
  const watch = useCallback((listener: () => void) => photos.watch(id, listener), [photos, id]);
  const state = useSyncExternalStore(
    watch,
    useCallback(() => photos.get(id), [photos, id]),
  );
  const shape = whole ? "w-full" : "aspect-square w-full object-cover";
  if (state.kind === "ready") return <img src={state.url} alt={alt} className={`${shape} bg-well`} draggable={false} />;
  if (state.kind === "loading") return <div className="skeleton aspect-square w-full" />;
  return (
    <div className="grid aspect-square w-full place-items-center bg-well p-3 text-center text-muted text-sm">
      {state.kind === "missing" ? "No picture" : "The picture did not come"}
    </div>
  );
}

interface GarmentPhotoProps {
  id: string;
  alt: string;
  /** As it is; else cropped to a square. */
  whole?: boolean;
}
