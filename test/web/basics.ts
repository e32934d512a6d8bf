import type { Page } from "playwright-core";

/** What anybody can see to be wrong for people who do not see or use no mouse; empty: nothing. */
export async function inaccessible(page: Page): Promise<string[]> {
  return page.evaluate<string[]>(`(() => {
    const found = [];
    const short = (element) => element.outerHTML.slice(0, 120);
    const named = (element) => (element.getAttribute("aria-label") || element.innerText || element.textContent).trim() !== "";
    for (const image of document.images) if (!image.alt.trim()) found.push("image without text: " + short(image));
    for (const element of document.querySelectorAll("button, a[href]")) if (!named(element)) found.push("no name: " + short(element));
    for (const field of document.querySelectorAll("input, progress, meter")) {
      if (!field.getAttribute("aria-label") && !field.labels?.length) found.push("no label: " + short(field));
    }
    for (const list of document.querySelectorAll("ul, ol")) {
      if ([...list.children].some(({ tagName }) => tagName !== "LI")) found.push("not a list: " + short(list));
    }
    const ids = [...document.querySelectorAll("[id]")].map(({ id }) => id);
    found.push(...ids.filter((id, i) => ids.indexOf(id) !== i).map((id) => "id twice: " + id));
    if (document.querySelectorAll("h1").length !== 1) found.push("expected one h1");
    if (document.querySelectorAll("main").length !== 1) found.push("expected one main");
    if (!document.documentElement.lang) found.push("no language");
    if (!document.title) found.push("no title");
    for (const element of document.querySelectorAll("button, a.button, a.round, input:not([type=file])")) {
      const { width, height } = element.getBoundingClientRect();
      if (width > 0 && Math.min(width, height) < 24) found.push("too small to hit: " + short(element));
    }
    if (document.documentElement.scrollWidth > innerWidth) found.push("wider than the window: " + document.documentElement.scrollWidth);
    return found;
  })()`);
}
