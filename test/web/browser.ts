import process from "node:process";
import { type Browser, type BrowserContext, type BrowserContextOptions, chromium, type Page } from "playwright-core";
import { findProgram } from "../../cli/tools/program.ts";

const NAMES = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
export const NO_CHROMIUM = "skipped: no chromium: apt-get install chromium, or set CHROMIUM_BIN";

/** The Chromium of this machine; undefined: there is none. */
export function findChromium(): string | undefined {
  const given = process.env.CHROMIUM_BIN;
  if (given) return given;
  return findProgram(NAMES, process.env.PATH);
}

/** A real Chromium that calls nobody by itself. */
export function launchChromium(executablePath: string): Promise<Browser> {
  const quiet = ["background-networking", "component-update", "sync", "quic", "gpu"].map((what) => `--disable-${what}`);
  const asRoot = process.getuid?.() === 0 ? ["--no-sandbox"] : [];
  return chromium.launch({ executablePath, args: ["--headless=new", "--no-first-run", ...quiet, ...asRoot] });
}

/** What Chromium itself notes when a test is quicker than the edge allows; the page waits and asks again. */
const TOO_FAST = "the server responded with a status of 429";

/** One visitor: a browser with nothing in it, and all that it did. */
export interface Visitor {
  context: BrowserContext;
  page: Page;
  /** Errors and warnings of the console, of the page, of the content security policy. */
  problems: string[];
  /** Every address that was asked for. */
  urls: string[];
  /** Answers of RPCs that were not refused, as they came. */
  answers: { method: string; body: Buffer }[];
  /** Bytes of scripts as they travelled. */
  scriptBytes(): Promise<number>;
}

/** Opens a new browser for a new person. */
export async function newVisitor(browser: Browser, options: BrowserContextOptions = {}): Promise<Visitor> {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "en-GB", ...options });
  await context.addInitScript(`addEventListener("securitypolicyviolation", (event) =>
    console.error("policy: " + event.violatedDirective + " " + event.blockedURI + " " + event.sourceFile))`);
  const page = await context.newPage();
  page.setDefaultTimeout(20_000);
  const visitor = { context, page, problems: [] as string[], urls: [] as string[], answers: [] as Visitor["answers"] };
  const scripts: Promise<number>[] = [];
  page.on("console", (message) => {
    if (!["error", "warning"].includes(message.type()) || message.text().includes(TOO_FAST)) return;
    visitor.problems.push(`${message.type()}: ${message.text()}`);
  });
  page.on("pageerror", (error) => visitor.problems.push(`page: ${error.stack}`));
  page.on("request", (request) => visitor.urls.push(request.url()));
  page.on("requestfinished", async (request) => {
    if (request.resourceType() === "script")
      scripts.push(request.sizes().then(({ responseBodySize }) => responseBodySize));
    // Playwright forgets the answers of a page that is closed.
    const response = await request.response().catch(() => null);
    const method = /\/flashfit\.[\w.]+\/(\w+)$/.exec(request.url())?.[1];
    // The body is gone if the page left meanwhile; then nobody saw it either.
    const body = method && response?.ok() ? await response.body().catch(() => undefined) : undefined;
    if (method && body) visitor.answers.push({ method, body });
  });
  return {
    ...visitor,
    scriptBytes: async () => (await Promise.all(scripts)).reduce((sum, bytes) => sum + bytes, 0),
  };
}

const PATIENCE_MS = 60_000;

/**
 * Waits until this expression is true in the page. Playwright's own waitForFunction evaluates text inside of the page,
 * which the content security policy forbids, as it should.
 */
export async function untilTrue(page: Page, expression: string): Promise<void> {
  const until = Date.now() + PATIENCE_MS;
  while (!(await page.evaluate(expression))) {
    if (Date.now() > until) throw new Error(`expected in the page, within ${PATIENCE_MS} ms: ${expression}`);
    await page.evaluate("new Promise((resolve) => setTimeout(resolve, 50))");
  }
}

/** Waits until nothing is being loaded any more: no placeholder is left. */
export async function untilDrawn(page: Page): Promise<void> {
  await untilTrue(
    page,
    "document.querySelector('.skeleton') === null && [...document.images].every((i) => i.complete)",
  );
}
