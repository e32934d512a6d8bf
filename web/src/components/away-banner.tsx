import { useEffect } from "react";
import { useApp } from "../app.ts";
import { useStore } from "../state/use-store.ts";

const EVERY_MS = 5000;

/** Says that no call gets an answer, and goes on asking until one does. */
export function AwayBanner() {
  const { reachable, queries } = useApp();
  const away = !useStore(reachable);
  useEffect(() => {
    if (!away) return;
    const ask = () => void queries.refetchQueries({ type: "active" });
    const timer = setInterval(ask, EVERY_MS);
    addEventListener("online", ask);
    return () => {
      clearInterval(timer);
      removeEventListener("online", ask);
    };
  }, [away, queries]);
  return (
    <div role="status">
      {away && (
        <p className="mt-4 bg-accent-soft px-5 py-3 text-sm">
          FlashFit cannot be reached. What you see may be old; the page keeps trying.
        </p>
      )}
    </div>
  );
}
