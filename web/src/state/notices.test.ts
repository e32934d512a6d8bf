import t from "tap";
import { createNotices } from "./notices.ts";

const texts = (notices: ReturnType<typeof createNotices>) => notices.get().map(({ text }) => text);

t.test("the newest three are shown, and the same line once", async (t) => {
  const notices = createNotices();
  for (const text of ["a", "b", "a", "c", "d"]) notices.show({ text });
  t.same(texts(notices), ["a", "c", "d"]);
  notices.dismiss(notices.get()[1]!.key);
  t.same(texts(notices), ["a", "d"]);
});
