import type { MouseEvent, ReactNode } from "react";
import { useApp } from "../app.ts";
import { type Route, writeRoute } from "../state/route.ts";

/** A link within the page. Opening it in a new tab works as with any other. */
export function Link({ to, className, label, children }: LinkProps) {
  const { router } = useApp();
  const onClick = (event: MouseEvent) => {
    const elsewhere = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey || event.button !== 0;
    if (elsewhere || event.defaultPrevented) return;
    event.preventDefault();
    router.go(to);
  };
  return (
    <a href={writeRoute(to)} onClick={onClick} className={className} aria-label={label}>
      {children}
    </a>
  );
}

interface LinkProps {
  to: Route;
  className?: string;
  /** What it is called, if its content does not say. */
  label?: string;
  children: ReactNode;
}
