import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, gzipSync } from "node:zlib";
import t from "tap";
import type { PageHandler } from "../../services/kit/pages.ts";
import { acceptedEncodings, CONTENT_SECURITY_POLICY, sitePages } from "./pages.ts";
import { readSite } from "./site.ts";

const SCRIPT = "console.log(1);".repeat(100);

/** A page with one script, as a build leaves it. */
function build(folder: string): string {
  mkdirSync(join(folder, "assets"));
  writeFileSync(join(folder, "index.html"), "<!doctype html>");
  writeFileSync(join(folder, "assets/index-x1.js"), SCRIPT);
  writeFileSync(join(folder, "assets/index-x1.js.br"), brotliCompressSync(SCRIPT));
  writeFileSync(join(folder, "assets/index-x1.js.gz"), gzipSync(SCRIPT));
  writeFileSync(join(folder, ".built-from"), "no part of the page");
  return folder;
}

t.test("files", async (t) => {
  const pages = sitePages(await readSite(build(t.testdir())));
  const get = (path: string, header: Record<string, string> = {}) =>
    (pages(path) as PageHandler).answer({ url: new URL(path, "https://edge"), header: new Headers(header) });

  await t.test(
    "a place inside the page is index.html, a missing file is 404, other paths are somebody else's",
    async (t) => {
      for (const path of ["/app", "/app/", "/app/index.html", "/app/item/1"]) {
        const page = await get(path);
        t.equal(page.status, 200, path);
        t.match(page.header, { "content-type": "text/html; charset=utf-8", "cache-control": "no-cache" });
      }
      for (const path of ["/app/assets/gone-x2.js", "/app/assets/nothing", "/app/none.png", "/app/.built-from"]) {
        t.equal((await get(path)).status, 404, path);
      }
      for (const path of ["/", "/apple", "/health"]) t.equal(pages(path), undefined, path);
    },
  );

  await t.test("nothing can be reached outside of the build", async (t) => {
    for (const path of ["/app/../package.json", "/app/..%2fpackage.json", "/app/%2e%2e/package.json"]) {
      t.not((await get(path)).header["content-type"], "application/json", path);
    }
  });

  await t.test("the best encoding that the caller takes", async (t) => {
    const script = (accept: string) => get("/app/assets/index-x1.js", { "accept-encoding": accept });
    t.match((await script("gzip, deflate, br")).header, { "content-encoding": "br", vary: "accept-encoding" });
    t.match((await script("gzip, br;q=0")).header, { "content-encoding": "gzip" });
    const plain = await script("");
    t.equal(plain.header["content-encoding"], undefined);
    t.equal(Buffer.from(plain.body).toString(), SCRIPT);
    t.same(acceptedEncodings("GZip;q=0.5, br; q=0"), new Set(["gzip"]));
  });

  await t.test("what has its content in its name is kept for a year; what has not is asked for anew", async (t) => {
    const script = await get("/app/assets/index-x1.js");
    t.match(script.header["cache-control"], /immutable/);
    const again = await get("/app/", { "if-none-match": `"other", W/${(await get("/app/")).header.etag}` });
    t.equal(again.status, 304);
    t.equal(again.body.length, 0);
  });

  await t.test("the policy allows nothing inline and no other origin", async (t) => {
    t.equal((await get("/app/")).header["content-security-policy"], CONTENT_SECURITY_POLICY);
    t.notMatch(CONTENT_SECURITY_POLICY, /unsafe|\*|https?:/);
  });
});

t.test("a folder without a page is refused, with what to do", async (t) => {
  await t.rejects(
    readSite(t.testdir({ "a.js": "" })),
    /expected index.html in .*: build the page with npm run build:web/,
  );
});
