#!/usr/bin/env node
import process from "node:process";
import { runTypeScript } from "./bootstrap.mjs";

await runTypeScript("cli/main.ts", process.argv.slice(2));
