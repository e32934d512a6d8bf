import { models } from "../models/subcommands.ts";

export const { name, summary, run } = models;
