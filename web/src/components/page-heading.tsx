import { type ReactNode, useEffect } from "react";

/** The heading of a page; also its title in tabs and history. */
export function PageHeading({ title, tab = title, aside }: { title: ReactNode; tab?: ReactNode; aside?: ReactNode }) {
  const name = typeof tab === "string" ? `${tab} · FlashFit` : "FlashFit";
  useEffect(() => {
    document.title = name;
  }, [name]);
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
      <h1 tabIndex={-1} className="text-balance font-display text-4xl leading-[1.1] tracking-tight sm:text-5xl">
        {title}
      </h1>
      {aside}
    </div>
  );
}
