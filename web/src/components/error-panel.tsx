import type { ReactNode } from "react";
import { explainError } from "../api/explain-error.ts";

/** What went wrong, in the server's words, and what can be done about it. */
export function ErrorPanel({ what, error, onRetry, children }: ErrorPanelProps) {
  const { title, detail } = explainError(error);
  return (
    <div role="alert" className="max-w-2xl border-accent border-l-2 py-1 pl-5">
      <p className="font-display text-2xl leading-snug">{what}</p>
      <p className="mt-2 text-muted">
        {title}
        {detail && <>: {detail}</>}
      </p>
      <div className="mt-4 flex flex-wrap items-center gap-3">
        {onRetry && (
          <button type="button" className="button" onClick={onRetry}>
            Try again
          </button>
        )}
        {children}
      </div>
    </div>
  );
}

interface ErrorPanelProps {
  /** "Your wardrobe could not be read" */
  what: string;
  error: unknown;
  onRetry?: () => void;
  /** Another way on. */
  children?: ReactNode;
}
