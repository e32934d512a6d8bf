import { index } from "../index/subcommands.ts";

export const { name, summary, run } = index;
