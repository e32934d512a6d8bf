import { type FormEvent, useState } from "react";
import { useApp } from "../app.ts";
import { keepPerson, personId } from "../state/person.ts";
import { writeRoute } from "../state/route.ts";
import { Dialog } from "./dialog.tsx";

/** Who this browser is, in one quiet line. */
export function PersonLine() {
  const { storage } = useApp();
  const [open, setOpen] = useState(false);
  return (
    <footer className="flex flex-wrap items-baseline gap-x-4 gap-y-1 border-line border-t py-6 text-muted text-sm">
      <p>
        {storage.lasting
          ? "There is no sign-in yet: this browser has a wardrobe of its own."
          : "This browser keeps nothing: without your id the wardrobe is out of reach once the page is closed."}
      </p>
      <button type="button" className="quiet min-h-8" onClick={() => setOpen(true)}>
        Use it on another device
      </button>
      {open && <PersonDialog onClose={() => setOpen(false)} />}
    </footer>
  );
}

function PersonDialog({ onClose }: { onClose: () => void }) {
  const { person, storage } = useApp();
  const [copied, setCopied] = useState("");
  const [refused, setRefused] = useState(false);

  const copy = () =>
    navigator.clipboard.writeText(person).then(
      () => setCopied("Copied."),
      () => setCopied("The browser does not let the page copy: mark the id and copy it yourself."),
    );
  const become = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const id = personId(String(new FormData(event.currentTarget).get("id")));
    if (id === undefined) return setRefused(true);
    keepPerson(storage, id);
    location.assign(writeRoute({ page: "wardrobe" })); // from the start, so that nothing of the other one is left
  };

  return (
    <Dialog title="Your wardrobe on another device" onClose={onClose}>
      <p className="mt-3 text-muted">
        Enter this id there. Whoever has it sees and changes this wardrobe, so pass it on with care.
      </p>
      <p className="mt-4 select-all break-all bg-well px-4 py-3 font-mono text-sm">{person}</p>
      <div className="mt-3 flex flex-wrap items-center gap-3">
        <button type="button" className="button" onClick={copy}>
          Copy
        </button>
        <span role="status" className="text-muted text-sm">
          {copied}
        </span>
      </div>
      <form onSubmit={become} className="mt-8 border-line border-t pt-6">
        <label className="block font-medium" htmlFor="person-id">
          Use another id here
        </label>
        <input
          id="person-id"
          name="id"
          required
          maxLength={200}
          autoComplete="off"
          spellCheck={false}
          placeholder="person-…"
          aria-describedby="person-id-help"
          className="mt-2 h-11 w-full border border-line bg-ground px-3 font-mono text-sm"
        />
        <p id="person-id-help" role={refused ? "alert" : undefined} className="mt-2 text-muted text-sm">
          {refused ? "An id has 1 to 128 letters, digits and signs, without spaces." : "This browser's id is replaced."}
        </p>
        <div className="mt-5 flex gap-3">
          <button type="submit" className="button button-primary">
            Use this id
          </button>
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
        </div>
      </form>
    </Dialog>
  );
}
