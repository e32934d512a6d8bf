import { readFileSync } from "node:fs";
import process from "node:process";
import type { Page } from "playwright-core";
import t from "tap";
import { startMesh } from "../support/mesh.ts";
import { inaccessible } from "./basics.ts";
import { findChromium, launchChromium, NO_CHROMIUM, newVisitor, untilDrawn, untilTrue } from "./browser.ts";
import { ownPhotos, seedCatalogue } from "./photographs.ts";

const chromium = findChromium();
t.setTimeout(180_000);

if (chromium === undefined) {
  t.pass("needs Chromium", { skip: NO_CHROMIUM });
} else {
  // Half of the default, so that a slow machine meets the limit too.
  const mesh = await startMesh({ env: { EDGE_RATE_LIMIT_RPS: "5", EDGE_RATE_LIMIT_BURST: "10" } });
  t.teardown(() => mesh.stop());
  const browser = await launchChromium(chromium);
  t.teardown(() => browser.close());
  const home = `${mesh.edgeUrl}/app/`;
  const { page } = await newVisitor(browser);
  const cards = (page: Page) => page.getByRole("list", { name: "Recommended garments" }).getByRole("listitem");
  const own = (page: Page) => page.getByRole("list", { name: "Your garments" }).locator("[data-garment]");
  const CALLS = "**/flashfit.**";

  t.test("an empty catalogue says what an operator does", async (t) => {
    await page.goto(home);
    await page.getByText("npm run flashfit -- seed --sample").waitFor();
    await page.goto(`${home}search?q=dress`);
    await page.getByText("The catalogue is empty").waitFor();
    t.same(await inaccessible(page), []);
    await seedCatalogue(mesh, 20);
  });

  t.test("without an edge: the reason, a way to try again, and the page finds back by itself", async (t) => {
    await page.goto(home);
    await untilDrawn(page);
    await page.route(CALLS, (route) => route.abort());
    await page.getByRole("searchbox").fill("dress");
    await page.keyboard.press("Enter");
    await page.getByText("There is no recommendation").waitFor();
    await page.getByText("What you see may be old").waitFor();
    t.match(await page.getByRole("alert").textContent(), /cannot be reached/);
    t.same(await inaccessible(page), []);
    await page.unroute(CALLS);
    await page.getByRole("button", { name: "Try again" }).first().click();
    await cards(page).first().waitFor();
    await page.getByText("What you see may be old").waitFor({ state: "detached" });
  });

  t.test("a like that cannot be stored is taken back, and said so", async (t) => {
    await page.route("**/RecordEvents", (route) => route.abort());
    const like = cards(page).first().getByRole("button", { name: /^Like/ });
    await like.click();
    await page.getByText(/^Your like was not stored/).waitFor();
    t.equal(await like.getAttribute("aria-pressed"), "false");
    await page.unroute("**/RecordEvents");
  });

  t.test("refused photos say why, and one that did not get through is sent again", async (t) => {
    await page.goto(home);
    await page.getByText("Start with a few photos").waitFor();
    const [photo] = await ownPhotos(1);
    await page.route("**/AddGarment", (route) => route.abort());
    await page.getByLabel("Photos to add").setInputFiles([
      { name: "notes.txt", mimeType: "text/plain", buffer: Buffer.from("a dress") },
      { name: "broken.jpg", mimeType: "image/jpeg", buffer: Buffer.from("no photo") },
      { name: "large.png", mimeType: "image/png", buffer: Buffer.alloc(11 * 1024 * 1024) },
    ]);
    await page.getByText("This is no photo.").waitFor();
    await page.getByText("11.0 MB").waitFor();
    const again = page.locator("[data-upload=failed]").getByRole("button", { name: "Try again" });
    await again.waitFor();
    await page.unroute("**/AddGarment");
    await again.click();
    await page.getByText(/must be a JPEG, PNG, WebP or AVIF file/).waitFor();
    t.equal(await page.locator("[data-upload=refused]").count(), 3);
    t.same(await inaccessible(page), []);
    await dropped(page, "dragover", photo!);
    await page.getByText("Drop them into your wardrobe").waitFor();
    await dropped(page, "drop", photo!);
    await own(page).waitFor();
    await page.goto(`${home}search`);
    await page.getByRole("heading", { name: "What are you looking for?" }).waitFor();
    await dropped(page, "paste", photo!);
    await page.getByText("Already in your wardrobe").waitFor();
  });

  t.test("an id entered on another device brings the wardrobe along", async (t) => {
    const id = await page.evaluate<string>("localStorage.getItem('flashfit.person')");
    const other = await newVisitor(browser);
    await other.page.goto(home);
    await other.page.getByText("Start with a few photos").waitFor();
    await other.page.getByRole("button", { name: "Use it on another device" }).click();
    await other.page.getByLabel("Use another id here").fill("not an id");
    await other.page.keyboard.press("Enter");
    await other.page.getByRole("alert").waitFor();
    t.same(await inaccessible(other.page), []);
    await other.page.getByLabel("Use another id here").fill(id);
    await other.page.keyboard.press("Enter");
    await own(other.page).waitFor();
    await other.context.close();
  });

  t.test("many photos at once keep to the rate that the edge allows", async (t) => {
    const names = Array.from({ length: 40 }, (_, i) => i);
    const [photo] = await ownPhotos(1, 9);
    await page.goto(home);
    await page.getByText("1 garment", { exact: true }).waitFor();
    const busy: number[] = [];
    page.on("response", (response) => {
      if (response.status() === 429) busy.push(429);
    });
    // Each file is another photo by its last bytes, which no decoder reads.
    const bytes = readFileSync(photo!);
    const mimeType = photo!.endsWith(".png") ? "image/png" : "image/jpeg";
    await page
      .getByLabel("Photos to add")
      .setInputFiles(names.map((i) => ({ name: `${i}`, mimeType, buffer: Buffer.concat([bytes, Buffer.from([i])]) })));
    await untilTrue(page, "document.querySelector('h1').parentElement.innerText.includes('41 garments')");
    t.equal(await page.locator("[data-upload]").count(), 0, "all of them came");
    t.ok(busy.length > 0, `${busy.length} calls had to wait`);
  });

  t.test("Fusion killed: the page gets its answer as soon as there is one", async () => {
    await mesh.killChild("fusion");
    await page.goto(`${home}search?q=hat`);
    await cards(page).first().waitFor({ timeout: 30_000 });
  });

  t.test("Feedback hangs: the answer comes without it, and says so", async (t) => {
    // Fusion was started anew just now: it is asked until it has heard from Feedback who this is.
    do {
      await page.goto(`${home}search?q=hat`);
      await cards(page).first().waitFor();
    } while ((await page.getByText("Answered without").count()) > 0);
    const feedback = await mesh.pidOf("feedback");
    process.kill(feedback, "SIGSTOP");
    t.teardown(() => process.kill(feedback, "SIGCONT"));
    // Fusion knows who asked before, and only cannot have the record made.
    await page.goto(`${home}search?q=skirt`);
    await cards(page).first().waitFor();
    await page.getByText("Answered without the record of this answer").waitFor();
    const { page: other, context } = await newVisitor(browser);
    await other.goto(`${home}search?q=skirt`);
    await cards(other).first().waitFor();
    await other.getByText("Answered without what you liked and skipped").waitFor();
    await context.close();
  });

  t.test("an address that leads nowhere leads home", async (t) => {
    const { page } = await newVisitor(browser);
    await page.goto(`${home}nothing/here`);
    await page.getByRole("heading", { name: "There is no such page" }).waitFor();
    await page.getByRole("link", { name: "To your wardrobe" }).click();
    await page.getByRole("heading", { name: "Your wardrobe" }).waitFor();
    t.equal(new URL(page.url()).pathname, "/app/");
  });
}

/** What the browser does when a file is dragged over the page, dropped on it, or pasted. */
async function dropped(page: Page, kind: "dragover" | "drop" | "paste", file: string): Promise<void> {
  const type = file.endsWith(".png") ? "image/png" : "image/jpeg";
  await page.evaluate(`(() => {
    const bytes = Uint8Array.from(atob("${readFileSync(file).toString("base64")}"), (c) => c.charCodeAt(0));
    const data = new DataTransfer();
    data.items.add(new File([bytes], "photo", { type: "${type}" }));
    const options = { bubbles: true, cancelable: true };
    const event = ${
      kind === "paste"
        ? 'new ClipboardEvent("paste", { ...options, clipboardData: data })'
        : `new DragEvent("${kind}", { ...options, dataTransfer: data })`
    };
    document.body.dispatchEvent(event);
  })()`);
}
