import { policies } from "../policies/subcommands.ts";

export const { name, summary, run } = policies;
