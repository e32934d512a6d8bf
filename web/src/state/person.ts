/** Where an id is kept. */
export type Keep = Pick<Storage, "getItem" | "setItem">;

const KEY = "flashfit.person";

/**
 * The id of who uses this browser, made on the first visit. There is no sign-in yet, so whoever has the id has the
 * wardrobe. It is never empty: garments without an owner are everybody's.
 */
export function currentPerson(keep: Keep, newId: () => string): string {
  const known = personId(keep.getItem(KEY) ?? "");
  if (known !== undefined) return known;
  const made = `person-${newId()}`;
  keep.setItem(KEY, made);
  return made;
}

/** Makes the next page that is loaded somebody else's. */
export function keepPerson(keep: Keep, id: string): void {
  keep.setItem(KEY, id);
}

/** The id in what somebody typed; undefined: there is none, or it is too long for the server. */
export function personId(text: string): string | undefined {
  const id = text.trim();
  return /^[\x21-\x7e]{1,128}$/.test(id) ? id : undefined;
}
