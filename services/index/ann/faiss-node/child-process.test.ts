import t from "tap";
import { lastWords } from "./child-process.ts";

t.test("FAISS's last words are what the error says", async (t) => {
  const abort =
    "terminate called after throwing an instance of 'faiss::FaissException'\n" +
    "  what():  Error in faiss::Index* faiss::index_factory(int) at /a/index_factory.cpp:12: could not parse index string Quark7\n";
  t.equal(
    lastWords(abort, "SIGABRT").message,
    "faiss-node: could not parse index string Quark7 (its process ended: SIGABRT)",
  );
  t.equal(lastWords("", "SIGKILL").message, "faiss-node: nothing was said (its process ended: SIGKILL)");
});
