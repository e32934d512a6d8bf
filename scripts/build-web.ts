import process from "node:process";
import { ensureWebPage } from "../cli/up/web-page.ts";

// Builds the shopper's page into web/dist, if what it is made from has changed.

const began = performance.now();
const built = await ensureWebPage();
const seconds = ((performance.now() - began) / 1000).toFixed(1);
process.stdout.write(built ? `web/dist is built (${seconds} s)\n` : "web/dist is as its sources\n");
