import { characterOf } from "../../services/fusion/outfits/character.ts";
import { harmonyOf } from "../../services/fusion/outfits/harmony.ts";
import type { Colour } from "../../services/fusion/outfits/palette.ts";
import { SLOT_NAME, slotOf } from "../../services/fusion/outfits/slots.ts";
import type { LabelledFile } from "../photographs.ts";
import type { OutfitDataset } from "./dataset.ts";
import { type Chance, chanceOf } from "./random.ts";

/** A photograph as the rule sees it. */
export interface RulePhoto extends LabelledFile {
  colour: Colour;
}

export interface RuleOptions {
  train: readonly RulePhoto[];
  test: readonly RulePhoto[];
  trainOutfits: number;
  testOutfits: number;
  seed: number;
}

/** Spread of chance in whom the rule likes best: at 0 the best of the drawn outfits is always worn. */
const NOISE = 0.1;
/** Outfits that are drawn for each that is worn. */
const DRAWN = 24;

/**
 * The rule by which outfits are "worn". Nobody's taste: it is there so that something is to be learned, and it says nothing
 * of real people. It sees the folder and the measured colour of each photograph, not what models say.
 *
 * 2 × colour harmony (as the product's table has it, of measured colours) + 1 × agreement of formality, by category
 * + 1.5 × contrast of lightness between what is worn above and below + 1 × likeness in lightness of shoes and top or dress.
 * The last two are not in the product's prior: they can only be learned.
 */
function ruleScore(photos: readonly RulePhoto[]): number {
  const formality = photos.map(({ category }) => characterOf(category, []).formality);
  const of = (...names: string[]) =>
    photos.find(({ category }) => names.includes(nameOf(category)))?.colour.lightness ?? 0.5;
  return (
    2 * harmonyOf(photos.map(({ colour }) => colour)).value +
    (1 - (Math.max(...formality) - Math.min(...formality))) +
    1.5 * Math.abs(of("top", "dress") - of("bottom", "outerwear")) +
    (1 - Math.abs(of("shoes") - of("top", "dress")))
  );
}

/**
 * Outfits of real photographs by the rule with noise: of 24 drawn ones of a shape (top, bottom, shoes; with a hat or
 * outerwear; or a dress) the one with the highest score + 0.1 × Gumbel noise is worn. Its negative has the same slots,
 * all drawn; its blank leaves one garment out, to be found among three more of the same slot. Training outfits are of
 * training photographs, test ones of validation photographs.
 */
export function outfitsFromPhotographs({ train, test, trainOutfits, testOutfits, seed }: RuleOptions): OutfitDataset {
  const chance = chanceOf(seed);
  const [known, asked] = [bySlot(train), bySlot(test)];
  const worn = Array.from({ length: testOutfits }, () => wear(asked, chance));
  const byFile = new Map([...train, ...test].map((photo) => [photo.file, photo]));
  return {
    rule: (files) => ruleScore(files.flatMap((file) => byFile.get(file) ?? [])),
    train: Array.from({ length: trainOutfits }, () => wear(known, chance).map(({ file }) => file)),
    compatibility: worn.flatMap((outfit) => [
      { together: true, items: outfit.map(({ file }) => file) },
      { together: false, items: draw(asked, outfit.map(slotName), chance).map(({ file }) => file) },
    ]),
    blanks: worn.map((outfit) => {
      const blank = chance.pick(outfit);
      const others = (asked.get(slotName(blank)) ?? []).filter((photo) => photo !== blank);
      const wrong = new Set<RulePhoto>();
      while (wrong.size < 3) wrong.add(chance.pick(others));
      const correct = Math.floor(chance.uniform() * 4);
      const answers = [...wrong].map(({ file }) => file);
      answers.splice(correct, 0, blank.file);
      return { given: outfit.filter((photo) => photo !== blank).map(({ file }) => file), answers, correct };
    }),
    items: new Map([...train, ...test].map(({ file, category }) => [file, { file, category }])),
  };
}

const SHAPES = [
  ["top", "bottom", "shoes"],
  ["top", "bottom", "shoes", "hat"],
  ["top", "bottom", "outerwear", "shoes"],
  ["dress", "shoes"],
  ["dress", "outerwear", "shoes"],
] as const;

function wear(slots: ReadonlyMap<string, readonly RulePhoto[]>, chance: Chance): RulePhoto[] {
  const shape = chance.pick(SHAPES);
  const drawn = Array.from({ length: DRAWN }, () => {
    const outfit = draw(slots, shape, chance);
    return { outfit, score: ruleScore(outfit) + NOISE * chance.gumbel() };
  });
  return drawn.reduce((best, next) => (next.score > best.score ? next : best)).outfit;
}

function draw(slots: ReadonlyMap<string, readonly RulePhoto[]>, shape: readonly string[], chance: Chance): RulePhoto[] {
  return shape.map((slot) => chance.pick(slots.get(slot) ?? []));
}

function bySlot(photos: readonly RulePhoto[]): Map<string, RulePhoto[]> {
  return Map.groupBy(photos, slotName);
}

function slotName({ category }: RulePhoto): string {
  return nameOf(category);
}

function nameOf(category: string): string {
  const slot = slotOf(category);
  return slot === undefined ? "" : SLOT_NAME[slot];
}
