import { HangerIcon } from "./icons.tsx";
import { Link } from "./link.tsx";
import { SearchBox } from "./search-box.tsx";
import { ThemeSwitch } from "./theme-switch.tsx";

/** Name, search, theme. On a phone the search has a line of its own. */
export function Header() {
  return (
    <header className="flex flex-wrap items-center gap-x-8 gap-y-3 border-line border-b py-4 sm:flex-nowrap sm:py-5">
      <Link
        to={{ page: "wardrobe" }}
        className="flex items-center gap-2.5 rounded-sm font-display text-[1.65rem] leading-none tracking-tight"
      >
        <span className="text-accent">
          <HangerIcon />
        </span>
        FlashFit
      </Link>
      <div className="order-3 w-full sm:order-none sm:mx-auto sm:max-w-xl sm:flex-1">
        <SearchBox />
      </div>
      <div className="ml-auto sm:ml-0">
        <ThemeSwitch />
      </div>
    </header>
  );
}
