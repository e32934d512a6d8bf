/** Goes on with a list. */
export function MoreButton({ label, busy, onClick }: { label: string; busy: boolean; onClick: () => void }) {
  return (
    <div className="mt-12 flex justify-center">
      <button type="button" className="button min-w-48" onClick={onClick} aria-disabled={busy}>
        {busy ? "One moment…" : label}
      </button>
    </div>
  );
}
