import { useApp } from "../app.ts";
import { ItemPage } from "../pages/item-page.tsx";
import { PhotoPage } from "../pages/photo-page.tsx";
import { SearchPage } from "../pages/search-page.tsx";
import { UnknownPage } from "../pages/unknown-page.tsx";
import { WardrobePage } from "../pages/wardrobe-page.tsx";
import type { Route } from "../state/route.ts";
import { useStore } from "../state/use-store.ts";
import { AwayBanner } from "./away-banner.tsx";
import { DropTarget } from "./drop-target.tsx";
import { Header } from "./header.tsx";
import { NoticeList } from "./notice-list.tsx";
import { PersonLine } from "./person-line.tsx";
import { UploadNews } from "./upload-news.tsx";

/** The page: what stays the same around what the address asks for. */
export function Shell() {
  const { router } = useApp();
  const route = useStore(router);
  return (
    <div className="mx-auto flex min-h-dvh max-w-[92rem] flex-col px-4 sm:px-8 lg:px-12">
      <a
        href="#content"
        className="absolute top-2 left-2 z-50 -translate-y-24 rounded-full bg-ink px-5 py-3 text-ground focus:translate-y-0"
      >
        Skip to the content
      </a>
      <Header />
      <AwayBanner />
      <main id="content" tabIndex={-1} className="flex-1 pt-8 pb-20 outline-none sm:pt-12">
        <Page route={route} />
      </main>
      <PersonLine />
      <UploadNews />
      <NoticeList />
      <DropTarget />
    </div>
  );
}

function Page({ route }: { route: Route }) {
  switch (route.page) {
    case "wardrobe":
      return <WardrobePage />;
    case "item":
      return <ItemPage key={route.id} id={route.id} />;
    case "search":
      return <SearchPage key={route.text} text={route.text} />;
    case "photo":
      return <PhotoPage key={route.key} photoKey={route.key} />;
    case "unknown":
      return <UnknownPage path={route.path} />;
  }
}
