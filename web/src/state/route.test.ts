import t from "tap";
import { type Route, readRoute, writeRoute } from "./route.ts";

const read = (path: string) => readRoute(new URL(path, "https://flashfit.test"));

t.test("every page has an address, and the address leads back to it", async (t) => {
  const routes: Route[] = [
    { page: "wardrobe" },
    { page: "item", id: "f60e45d0-7a8f-8054-921e-e22886d6235c" },
    { page: "item", id: "a/b ü" },
    { page: "search", text: "red dress & shoes" },
    { page: "search", text: "" },
    { page: "photo", key: "photo-1" },
  ];
  for (const route of routes) t.same(read(writeRoute(route)), route, writeRoute(route));
});

t.test("addresses that people type", async (t) => {
  t.same(read("/app"), { page: "wardrobe" });
  t.same(read("/app/search?q=%20%20"), { page: "search", text: "" });
  t.same(read("/app/item/abc/"), { page: "item", id: "abc" });
  for (const path of ["/app/nothing", "/app/item/", "/app/item/%", "/app/item/%ff", "/elsewhere"]) {
    t.match(read(path), { page: "unknown" }, path);
  }
});
