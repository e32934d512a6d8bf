/** How many cards stand side by side; `compact`: there is something beside them. */
export function resultColumns(compact: boolean): string {
  const columns = compact ? "sm:grid-cols-2 xl:grid-cols-3" : "sm:grid-cols-2 lg:grid-cols-3 xl:grid-cols-4";
  return `mt-8 grid grid-cols-1 gap-x-6 gap-y-10 sm:gap-y-14 ${columns}`;
}

/** Cards that will be there in a moment. */
export function ResultSkeletons({ compact }: { compact: boolean }) {
  return (
    <div role="status">
      <p className="sr-only">Looking for garments</p>
      <div className={resultColumns(compact)} aria-hidden="true">
        {["a", "b", "c", "d", "e", "f"].map((key) => (
          <div key={key} className="grid grid-cols-[8.5rem_1fr] gap-x-4 sm:block">
            <div className="skeleton aspect-square" />
            <div>
              <div className="skeleton h-4 w-1/2 sm:mt-4" />
              <div className="skeleton mt-4 h-2 w-full" />
              <div className="skeleton mt-2 h-2 w-5/6" />
              <div className="skeleton mt-2 h-2 w-11/12" />
            </div>
          </div>
        ))}
      </div>
    </div>
  );
}
