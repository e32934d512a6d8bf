import type { ReactNode } from "react";

/** Squares side by side: two on a phone, five on a wide screen. */
export function TileGrid({ label, children }: { label: string; children: ReactNode }) {
  return (
    <ul
      aria-label={label}
      className="mt-8 grid grid-cols-2 gap-x-3 gap-y-8 sm:grid-cols-3 sm:gap-x-5 sm:gap-y-10 lg:grid-cols-4 2xl:grid-cols-6"
    >
      {children}
    </ul>
  );
}

/** What will be there in a moment. */
export function TileSkeletons({ count }: { count: number }) {
  return (
    <div
      aria-hidden="true"
      className="mt-8 grid grid-cols-2 gap-x-3 gap-y-8 sm:grid-cols-3 sm:gap-x-5 sm:gap-y-10 lg:grid-cols-4 2xl:grid-cols-6"
    >
      {Array.from({ length: count }, (_, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: they are all alike
        <div key={i}>
          <div className="skeleton aspect-square" />
          <div className="skeleton mt-3 h-4 w-2/3" />
          <div className="skeleton mt-2 h-3 w-1/2" />
        </div>
      ))}
    </div>
  );
}
