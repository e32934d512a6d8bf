import { useMutation } from "@connectrpc/connect-query";
import { type Garment, WardrobeService } from "../../../gen/flashfit/fusion/v1/wardrobe_pb.ts";
import { explainError } from "../api/explain-error.ts";
import { garmentDeleted } from "../api/garment-lists.ts";
import { useApp } from "../app.ts";
import { garmentName } from "../state/words.ts";
import { Dialog } from "./dialog.tsx";

/** Asks before a garment is deleted, because it cannot be brought back. The way out comes first and has the focus. */
export function DeleteDialog({ garment, onClose, onDeleted }: DeleteDialogProps) {
  const { person, queries, notices } = useApp();
  const name = garmentName(garment);
  const deletion = useMutation(WardrobeService.method.deleteGarment, {
    onSuccess() {
      notices.show({ text: `Deleted: ${name}.` });
      onDeleted?.();
      onClose();
      garmentDeleted(queries, garment.id);
    },
  });
  const { title, detail } = explainError(deletion.error);
  return (
    <Dialog title="Delete this garment?" onClose={onClose}>
      <p className="mt-3 text-muted">
        {name}
        {garment.caption && `: ${garment.caption}`}. It leaves your wardrobe for good; to have it back, add its photo
        again.
      </p>
      {deletion.isError && (
        <p role="alert" className="mt-4 border-accent border-l-2 pl-4">
          It was not deleted. {title}
          {detail && `: ${detail}`}
        </p>
      )}
      <div className="mt-6 flex flex-wrap gap-3">
        <button type="button" className="button" onClick={onClose}>
          Keep it
        </button>
        <button
          type="button"
          className="button button-primary"
          aria-disabled={deletion.isPending}
          onClick={() => !deletion.isPending && deletion.mutate({ id: garment.id, userId: person })}
        >
          {deletion.isPending ? "Deleting…" : "Delete"}
        </button>
      </div>
    </Dialog>
  );
}

interface DeleteDialogProps {
  garment: Garment;
  onClose: () => void;
  onDeleted?: () => void;
}
