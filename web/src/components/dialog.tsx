import { type ReactNode, useEffect, useRef } from "react";

/** A modal dialog while it is drawn. Escape and a click beside it close it; the focus goes back to where it was. */
export function Dialog({ title, onClose, children }: DialogProps) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const element = dialog.current;
    element?.showModal();
    return () => element?.close();
  }, []);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the click beside it is a second way; Escape is the keyboard's
    <dialog
      ref={dialog}
      aria-labelledby="dialog-title"
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={({ target, currentTarget }) => {
        if (target === currentTarget) onClose();
      }}
      className="m-auto w-[min(30rem,calc(100vw-2rem))] bg-surface p-0 text-ink"
    >
      <div className="p-6 sm:p-8">
        <h2 id="dialog-title" className="font-display text-2xl leading-snug">
          {title}
        </h2>
        {children}
      </div>
    </dialog>
  );
}

interface DialogProps {
  title: string;
  onClose: () => void;
  children: ReactNode;
}
