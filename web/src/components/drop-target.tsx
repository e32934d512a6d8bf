import { useEffect, useState } from "react";
import { useApp } from "../app.ts";

/** Photos dropped anywhere on the page, or pasted, go into the wardrobe. */
export function DropTarget() {
  const { uploads, router } = useApp();
  const [over, setOver] = useState(false);

  useEffect(() => {
    const add = (files: FileList | undefined) => {
      if (!files?.length) return false;
      uploads.add(files);
      if (router.get().page !== "wardrobe") router.go({ page: "wardrobe" });
      return true;
    };
    const onDrag = (event: DragEvent) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault(); // else the browser opens the photo
      setOver(true);
    };
    const onLeave = (event: DragEvent) => {
      if (event.relatedTarget === null) setOver(false);
    };
    const onDrop = (event: DragEvent) => {
      setOver(false);
      if (add(event.dataTransfer?.files)) event.preventDefault();
    };
    const onPaste = (event: ClipboardEvent) => {
      if (add(event.clipboardData?.files)) event.preventDefault();
    };
    const controller = new AbortController();
    const { signal } = controller;
    document.addEventListener("dragenter", onDrag, { signal });
    document.addEventListener("dragover", onDrag, { signal });
    document.addEventListener("dragleave", onLeave, { signal });
    document.addEventListener("drop", onDrop, { signal });
    document.addEventListener("paste", onPaste, { signal });
    return () => controller.abort();
  }, [uploads, router]);

  if (!over) return null;
  return (
    <div className="pointer-events-none fixed inset-3 z-50 grid place-items-center border-2 border-accent border-dashed bg-ground/90">
      <p className="font-display text-3xl">Drop them into your wardrobe</p>
    </div>
  );
}
