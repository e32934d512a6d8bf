import { type ReactNode, useEffect, useRef } from "react";
import { useApp } from "../app.ts";

/** The heading of a page, and its title in tabs and history. Who came by a link, and listens, hears it first. */
export function PageHeading({ title, tab = title, aside }: { title: ReactNode; tab?: ReactNode; aside?: ReactNode }) {
  const name = typeof tab === "string" ? `${tab} · FlashFit` : "FlashFit";
  const { router } = useApp();
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = name;
  }, [name]);
  useEffect(() => {
    if (router.arrived()) heading.current?.focus({ preventScroll: true });
  }, [router]);
  return (
    <div className="flex flex-wrap items-end justify-between gap-x-8 gap-y-4">
      <h1
        ref={heading}
        tabIndex={-1}
        className="text-balance font-display text-4xl leading-[1.1] tracking-tight sm:text-5xl"
      >
        {title}
      </h1>
      {aside}
    </div>
  );
}
