import { createStore, type Store } from "./store.ts";

/** A line that comes up at the edge of the page. */
export interface Notice {
  key: number;
  text: string;
  /** One thing to do about it. */
  action?: { label: string; run: () => void };
  /** Stays until it is dismissed. */
  lasting: boolean;
}

export interface Notices extends Pick<Store<readonly Notice[]>, "get" | "subscribe"> {
  show(notice: Omit<Notice, "key" | "lasting"> & { lasting?: boolean }): void;
  dismiss(key: number): void;
}

/** More would hide the page. */
const MOST = 3;

/** The newest few lines, the newest last; a line that comes again stands once. */
export function createNotices(): Notices {
  const notices = createStore<readonly Notice[]>([]);
  let count = 0;
  return {
    get: notices.get,
    subscribe: notices.subscribe,
    show({ lasting = false, ...notice }) {
      count += 1;
      const others = notices.get().filter(({ text }) => text !== notice.text);
      notices.set([...others, { ...notice, lasting, key: count }].slice(-MOST));
    },
    dismiss: (key) => notices.set(notices.get().filter((notice) => notice.key !== key)),
  };
}
