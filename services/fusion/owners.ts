import { Scope } from "../../gen/flashfit/fusion/v1/fusion_pb.ts";
import { invalidArgument } from "../kit/errors.ts";

/** The owner of the catalogue, which everybody sees. */
const CATALOGUE = "";

/** Whose garments a person sees: the catalogue's and their own. */
export function visibleOwners(userId: string): string[] {
  return userId === "" ? [CATALOGUE] : [CATALOGUE, userId];
}

/** Those of them whom a scope looks through. Errors: INVALID_ARGUMENT for the wardrobe of nobody. */
export function ownersOf(userId: string, scope: Scope): string[] {
  if (scope === Scope.CATALOGUE) return [CATALOGUE];
  if (scope !== Scope.WARDROBE) return visibleOwners(userId);
  if (userId === "") throw invalidArgument("user_id", "is needed to look into a wardrobe, got none");
  return [userId];
}
