import { createClient } from "@connectrpc/connect";
import type { Locator, Page } from "playwright-core";
import t from "tap";
import { Action, FeedbackService } from "../../gen/flashfit/feedback/v1/feedback_pb.ts";
import { edgeTransport } from "../mesh/clients.ts";
import { startMesh } from "../support/mesh.ts";
import { inaccessible } from "./basics.ts";
import { findChromium, launchChromium, NO_CHROMIUM, newVisitor, untilDrawn, untilTrue } from "./browser.ts";
import { NO_PHOTOGRAPHS, ownPhotos, realPhotographs, seedCatalogue } from "./photographs.ts";

const MOST_SCRIPT_BYTES = 200 * 1024;
/** What is read of elements: these files know no DOM. */
interface Shown {
  dataset: Record<string, string | undefined>;
  querySelectorAll(selector: string): Iterable<{ value: number }>;
}

const chromium = findChromium();
t.setTimeout(240_000);

if (chromium === undefined) {
  t.pass("needs Chromium", { skip: NO_CHROMIUM });
} else {
  if (!realPhotographs) t.pass("with real photographs", { skip: NO_PHOTOGRAPHS });
  const mesh = await startMesh({ env: { EDGE_RATE_LIMIT_RPS: "10" } });
  t.teardown(() => mesh.stop());
  await seedCatalogue(mesh, 30);
  const browser = await launchChromium(chromium);
  t.teardown(() => browser.close());
  const home = `${mesh.edgeUrl}/app/`;
  const photos = await ownPhotos(5);

  const cards = (page: Page) => page.getByRole("list", { name: "Recommended garments" }).getByRole("listitem");
  const own = (page: Page) => page.getByRole("list", { name: "Your garments" }).locator("[data-garment]");
  const idOf = async (garment: Locator) => (await garment.getAttribute("data-garment"))!;
  const idsOf = (garments: Locator) =>
    garments.evaluateAll((all) => (all as unknown as Shown[]).map(({ dataset }) => dataset.garment!));
  const rpc = (page: Page, method: string) => page.waitForResponse((response) => response.url().endsWith(`/${method}`));

  const ada = await newVisitor(browser);
  const ownIds: string[] = [];

  t.test("a first visit: an empty wardrobe says how to begin", async (t) => {
    const { page } = ada;
    await page.goto(home);
    await page.getByText("Start with a few photos").waitFor();
    await page.getByRole("heading", { name: "From the catalogue" }).waitFor();
    await untilDrawn(page);
    t.match(await page.evaluate("localStorage.getItem('flashfit.person')"), /^person-[0-9a-f-]{36}$/);
    t.same(await inaccessible(page), []);
    const kilobytes = (await ada.scriptBytes()) / 1024;
    t.ok(kilobytes > 20 && kilobytes * 1024 <= MOST_SCRIPT_BYTES, `${kilobytes.toFixed(0)} KiB of scripts`);
  });

  t.test("five photographs become garments with category, colour and caption", async (t) => {
    const { page } = ada;
    await page.getByLabel("Photos to add").setInputFiles(photos);
    await page.locator("[data-upload]").first().waitFor();
    await untilTrue(page, "document.querySelectorAll('[aria-label=\"Your garments\"] [data-garment]').length === 5");
    t.equal(await page.locator("[data-upload]").count(), 0, "none is left on its way");
    await untilDrawn(page);
    for (const words of await own(page).locator("a").allInnerTexts()) {
      const [head = "", caption = ""] = words.split("\n").filter(Boolean);
      t.ok(head && caption, `is described: ${words.replaceAll("\n", " ")}`);
    }
    ownIds.push(...(await idsOf(own(page))));
    t.equal(new Set(ownIds).size, 5);
    await page.getByLabel("Photos to add").setInputFiles(photos[0]!);
    await page.getByText("Already in your wardrobe").waitFor();
    t.equal(await own(page).count(), 5, "the same photograph is the same garment");
    t.same(await inaccessible(page), []);
  });

  t.test("a tap shows what goes with it, with three bars on every card", async (t) => {
    const { page } = ada;
    await own(page).first().getByRole("link").click();
    await cards(page).first().waitFor();
    await untilDrawn(page);
    const bars = await cards(page).evaluateAll((all) =>
      (all as unknown as Shown[]).map((card) => [...card.querySelectorAll("meter")].map(({ value }) => value)),
    );
    t.ok(bars.length >= 10, `${bars.length} cards`);
    for (const card of bars) {
      t.ok(card.length === 3 && card.every((score) => score >= -1 && score <= 1 && score !== 0), card.join(" "));
    }
    t.same(await inaccessible(page), []);
  });

  t.test("a like is felt before it is stored, and really stored", async (t) => {
    const { page } = ada;
    let release = () => {};
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    await page.route("**/RecordEvents", async (route) => {
      await held;
      await route.continue();
    });
    const card = cards(page).first();
    const itemId = await idOf(card);
    const like = card.getByRole("button", { name: /^Like/ });
    const [stored, again] = [rpc(page, "RecordEvents"), rpc(page, "Recommend")];
    await like.click();
    await page.locator(`[data-garment="${itemId}"] button[aria-pressed=true]`).waitFor();
    release();
    await stored;
    await again; // the order follows
    await page.unroute("**/RecordEvents");
    const userId = (await page.evaluate("localStorage.getItem('flashfit.person')")) as string;
    const feedback = createClient(FeedbackService, edgeTransport(mesh));
    const { events } = await feedback.listEvents({ userId });
    t.match(events, [{ userId, itemId, action: Action.LIKE, recommendationId: /.+/ }]);
    t.equal(events.length, 1);
  });

  t.test("a skipped garment goes, and is not back after a reload; what is liked is still marked", async (t) => {
    const { page } = ada;
    const skipped = await idOf(cards(page).nth(2));
    const [stored, again] = [rpc(page, "RecordEvents"), rpc(page, "Recommend")];
    await cards(page).nth(2).getByRole("button", { name: /^Skip/ }).click();
    await page.getByText(/^Skipped:/).waitFor();
    await page.locator(`[data-garment="${skipped}"]`).waitFor({ state: "detached" });
    await stored;
    await again;
    await page.reload();
    await cards(page).first().waitFor();
    await page.locator("button[aria-pressed=true]").waitFor();
    t.notOk((await idsOf(cards(page))).includes(skipped));
  });

  t.test("words and a photo find garments; back leads back", async (t) => {
    const { page } = ada;
    await page.getByRole("searchbox").fill("a pair of shoes");
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { level: 1, name: "a pair of shoes" }).waitFor();
    await cards(page).first().waitFor();
    t.match(page.url(), /\/app\/search\?q=a\+pair\+of\+shoes$/);
    const names = await cards(page).locator("h3").allTextContents();
    t.match(names.slice(0, 3).join(), /shoes/i, "what is explored may come before them");
    await page.getByLabel("Photo to search with").setInputFiles(photos[1]!);
    await page.getByText(/^Seen in it:/).waitFor();
    t.ok((await cards(page).count()) > 0);
    t.same(await inaccessible(page), []);
    await page.goBack();
    await page.getByRole("heading", { level: 1, name: "a pair of shoes" }).waitFor();
    t.equal(await page.getByRole("searchbox").inputValue(), "a pair of shoes");
  });

  t.test("a garment is deleted after a question, which Escape says no to", async (t) => {
    const { page } = ada;
    await page.goto(home);
    await own(page).first().waitFor();
    const gone = await idOf(own(page).first());
    const ask = own(page)
      .first()
      .getByRole("button", { name: /^Delete/ });
    await ask.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "detached" });
    t.equal(await own(page).count(), 5);
    await ask.press("Enter");
    await page.getByRole("dialog").getByRole("button", { name: "Delete" }).click();
    await page.locator(`[data-garment="${gone}"]`).waitFor({ state: "detached" });
    await page.reload();
    await own(page).first().waitFor();
    t.notOk((await idsOf(own(page))).includes(gone));
  });

  t.test("with the keyboard alone a garment is opened", async (t) => {
    const { page } = ada;
    await page.goto(home);
    await untilDrawn(page);
    await own(page).first().waitFor();
    await page.keyboard.press("Tab");
    t.equal(await page.evaluate("document.activeElement.innerText"), "Skip to the content");
    const focused = "document.activeElement.closest('[aria-label=\"Your garments\"] [data-garment]')?.dataset.garment";
    let id: unknown;
    for (let i = 0; i < 20 && !id; i++) {
      await page.keyboard.press("Tab");
      id = await page.evaluate(focused);
    }
    t.ok(ownIds.includes(String(id)), "Tab reaches the first garment");
    await page.keyboard.press("Enter");
    await cards(page).first().waitFor();
    t.equal(new URL(page.url()).pathname, `/app/item/${id}`);
    await untilTrue(page, "document.activeElement.tagName === 'H1'");
  });

  t.test("on a phone and in the dark nothing sticks out", async (t) => {
    const { page } = ada;
    await page.setViewportSize({ width: 360, height: 780 });
    await page.emulateMedia({ colorScheme: "dark" });
    const ground = () => page.evaluate("getComputedStyle(document.documentElement).backgroundColor");
    for (const path of ["", `item/${ownIds[2]}`, "search?q=red", "search"]) {
      await page.goto(home + path);
      await page.getByRole("heading", { level: 1 }).waitFor();
      await untilDrawn(page);
      t.same(await inaccessible(page), [], path);
    }
    t.equal(await ground(), "rgb(18, 19, 19)");
    await page.getByRole("button", { name: "Switch to the light theme" }).click();
    t.equal(await ground(), "rgb(246, 246, 244)");
    const moving = () =>
      page.evaluate(`[...document.querySelectorAll("*")].map((one) => getComputedStyle(one)).filter(
        (style) => style.animationName !== "none" || /[1-9]/.test(style.transitionDuration)).length`);
    t.ok(Number(await moving()) > 0, "something moves");
    await page.emulateMedia({ colorScheme: "dark", reducedMotion: "reduce" });
    t.equal(await moving(), 0, "nothing moves for who does not want it");
    await page.reload();
    await page.getByRole("button", { name: "Switch to the dark theme" }).waitFor();
    t.equal(await ground(), "rgb(246, 246, 244)", "it is kept");
  });

  t.test("another person sees nothing of it", async (t) => {
    const bob = await newVisitor(browser);
    await bob.page.goto(home);
    await bob.page.getByText("Start with a few photos").waitFor();
    await bob.page.goto(`${home}search?q=dress`);
    await cards(bob.page).first().waitFor();
    await untilDrawn(bob.page);
    const seen = await idsOf(cards(bob.page));
    t.ok(seen.length > 0 && seen.every((id) => !ownIds.includes(id)));
    const methods = new Set(bob.answers.map(({ method }) => method));
    for (const method of ["ListGarments", "Recommend", "GetProfile", "BatchGetGarmentPhotos"]) {
      t.ok(methods.has(method), `${method} answered`);
    }
    for (const { method, body } of bob.answers) {
      t.notOk(
        ownIds.some((id) => body.includes(id)),
        `${method} has no garment of somebody else`,
      );
    }
    t.same(bob.problems, []);
    await bob.page.goto(`${home}item/${ownIds[1]}`); // the browser itself notes the 404
    await bob.page.getByRole("heading", { name: "No such garment" }).waitFor();
    t.equal(await bob.page.locator("img").count(), 0);
    await bob.context.close();
  });

  t.test("all that happened was of this origin, and the browser had nothing to complain about", async (t) => {
    t.same(ada.problems, []);
    const elsewhere = ada.urls.filter((url) => !url.startsWith(`${mesh.edgeUrl}/`) && !url.startsWith("blob:"));
    t.same(elsewhere, []);
    await ada.context.close();
  });
}
