import { Slot } from "../../../gen/flashfit/fusion/v1/outfit_pb.ts";
import { type KnownSlot, SLOT_NAME, SLOTS } from "./slots.ts";

/** Slots of which each is to hold one garment. */
export type Shape = readonly KnownSlot[];

const BODY = [Slot.TOP, Slot.BOTTOM] as const;

/** Two garments that cannot be worn together, by their slots, in words; undefined: all of them can. */
export function clash(given: readonly KnownSlot[]): string | undefined {
  const twice = given.find((slot, i) => given.indexOf(slot) !== i);
  if (twice !== undefined) return `two garments for one slot: ${SLOT_NAME[twice]}`;
  const part = BODY.find((slot) => given.includes(slot));
  if (part !== undefined && given.includes(Slot.DRESS)) {
    return `a dress takes the place of top and bottom: it cannot be worn with a ${SLOT_NAME[part]}`;
  }
  return undefined;
}

/**
 * What an outfit around these garments can consist of.
 *
 * @param given slots that are taken; they do not clash
 * @param wanted slots to fill besides; empty: what makes an outfit whole. If a dress and top or bottom are both wanted,
 *   or nothing is given, there are two shapes: with a dress, and without.
 * @returns each in the order of `SLOTS`; none if what is wanted cannot be worn with what is given
 */
export function shapesFor(given: readonly KnownSlot[], wanted: readonly KnownSlot[] = []): Shape[] {
  const named = wanted.length > 0 ? wanted : [...BODY, Slot.DRESS, Slot.SHOES];
  if (wanted.includes(Slot.DRESS) && BODY.some((part) => given.includes(part))) return [];
  if (given.includes(Slot.DRESS) && BODY.some((part) => wanted.includes(part))) return [];
  const all = new Set([...given, ...named]);
  const withDress = SLOTS.filter((slot) => all.has(slot) && !BODY.some((part) => part === slot));
  const without = SLOTS.filter((slot) => all.has(slot) && slot !== Slot.DRESS);
  const hasBody = BODY.some((part) => all.has(part));
  const shapes: Shape[] = [];
  if (!all.has(Slot.DRESS)) shapes.push(without);
  else if (!hasBody) shapes.push(withDress);
  else shapes.push(without, withDress);
  return shapes.filter((shape) => given.every((slot) => shape.includes(slot)));
}
