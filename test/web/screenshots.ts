import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import sharp from "sharp";
import { clientConfig } from "../../cli/client/settings.ts";
import { projectRoot } from "../../cli/state/home.ts";
import { readConfig } from "../../services/kit/config.ts";
import { startMesh } from "../support/mesh.ts";
import { findChromium, launchChromium, NO_CHROMIUM, newVisitor, untilDrawn, untilTrue } from "./browser.ts";
import { ownPhotos, seedCatalogue } from "./photographs.ts";

// Makes docs/screenshots: of the mesh at FLASHFIT_URL, else of one started for it and filled with garments.

const OUT = join(projectRoot, "docs/screenshots");
const MOST_BYTES = 400_000;
const DESKTOP = { width: 1280, height: 900 };
const PHONE: BrowserContextOptions = { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true };

const chromium = findChromium();
if (chromium === undefined) throw new Error(NO_CHROMIUM);
const { FLASHFIT_URL } = readConfig(clientConfig);
const mesh = FLASHFIT_URL ? undefined : await startMesh();
const browser = await launchChromium(chromium);
try {
  if (mesh) await seedCatalogue(mesh, 60);
  await takeAll(browser, `${mesh?.edgeUrl ?? FLASHFIT_URL}/app/`);
} finally {
  await browser.close();
  await mesh?.stop();
}

async function takeAll(browser: Browser, home: string): Promise<void> {
  mkdirSync(OUT, { recursive: true });
  const { page, context } = await newVisitor(browser, { viewport: DESKTOP, reducedMotion: "reduce" });
  await fill(page, home);
  await take(page, "desktop");
  await page.emulateMedia({ colorScheme: "dark" });
  await take(page, "desktop-dark");
  await page.emulateMedia({ colorScheme: "light" });
  await page.getByRole("list", { name: "Your garments" }).getByRole("link").nth(1).click();
  const cards = page.getByRole("list", { name: "Recommended garments" }).getByRole("listitem");
  await cards.first().waitFor();
  await untilDrawn(page);
  const stored = page.waitForResponse((response) => response.url().endsWith("/RecordEvents"));
  await cards.nth(1).getByRole("button", { name: /^Like/ }).click();
  await stored;
  await page.mouse.move(0, 0);
  await untilDrawn(page);
  await take(page, "item");

  const state = await context.storageState();
  for (const [name, colorScheme] of [
    ["phone", "light"],
    ["phone-dark", "dark"],
  ] as const) {
    const phone = await newVisitor(browser, { ...PHONE, storageState: state, colorScheme, reducedMotion: "reduce" });
    await phone.page.goto(name === "phone" ? home : page.url());
    await phone.page.getByRole("heading", { level: 1 }).waitFor();
    await untilDrawn(phone.page);
    await take(phone.page, name);
  }
}

/** A person with eight garments. */
async function fill(page: Page, home: string): Promise<void> {
  await page.goto(home);
  await page.getByText("Start with a few photos").waitFor();
  await page.getByLabel("Photos to add").setInputFiles(await ownPhotos(8));
  await page.getByText("8 garments", { exact: true }).waitFor();
  await page.reload();
  await page.getByText("8 garments", { exact: true }).waitFor();
  await page.getByRole("heading", { name: "From the catalogue" }).waitFor();
  await untilDrawn(page);
}

async function take(page: Page, name: string): Promise<void> {
  await page.evaluate("scrollTo(0, 0)");
  await untilTrue(page, "document.getAnimations().length === 0");
  const picture = await small(await page.screenshot());
  writeFileSync(join(OUT, `${name}.png`), picture);
  process.stdout.write(`docs/screenshots/${name}.png: ${Math.round(picture.length / 1000)} kB\n`);
}

/** As a PNG of as many colours as fit into the limit. */
async function small(screenshot: Uint8Array): Promise<Uint8Array> {
  for (const colours of [256, 192, 128, 96, 64]) {
    const picture = await sharp(screenshot).png({ palette: true, colours, dither: 0.5, effort: 10 }).toBuffer();
    if (picture.length <= MOST_BYTES) return picture;
  }
  throw new Error(`expected a screenshot of at most ${MOST_BYTES} bytes, got more with 64 colours`);
}
