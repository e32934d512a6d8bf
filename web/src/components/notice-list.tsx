import { useEffect } from "react";
import { useApp } from "../app.ts";
import type { Notice } from "../state/notices.ts";
import { useStore } from "../state/use-store.ts";
import { CrossIcon } from "./icons.tsx";

const SHOWN_MS = 10_000;

/** The notices, at the lower edge. */
export function NoticeList() {
  const { notices } = useApp();
  return (
    <div
      role="status"
      className="pointer-events-none fixed inset-x-0 bottom-0 z-40 flex flex-col items-center gap-2 p-4"
    >
      {useStore(notices).map((notice) => (
        <Line key={notice.key} notice={notice} />
      ))}
    </div>
  );
}

function Line({ notice: { key, text, action, lasting } }: { notice: Notice }) {
  const { notices } = useApp();
  useEffect(() => {
    if (lasting) return;
    const timer = setTimeout(() => notices.dismiss(key), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [notices, key, lasting]);
  return (
    <div className="arrive pointer-events-auto flex max-w-full items-center gap-2 rounded-3xl bg-ink py-1 pr-1 pl-5 text-ground text-sm shadow-lg">
      <p className="py-2">{text}</p>
      {action && (
        <button
          type="button"
          className="min-h-11 shrink-0 rounded-full px-3 font-semibold underline underline-offset-4"
          onClick={() => {
            action.run();
            notices.dismiss(key);
          }}
        >
          {action.label}
        </button>
      )}
      <button
        type="button"
        className="round border-transparent bg-transparent text-ground"
        onClick={() => notices.dismiss(key)}
      >
        <span className="sr-only">Dismiss</span>
        <CrossIcon />
      </button>
    </div>
  );
}
