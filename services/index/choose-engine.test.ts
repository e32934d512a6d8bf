import t from "tap";
import type { AnnStart } from "./ann/ann.ts";
import { chooseEngine } from "./choose-engine.ts";
import { PlainEngine } from "./vectors/test-support.ts";

const engine = new PlainEngine();
const there = async (): Promise<AnnStart> => ({ available: true, engine });
const missing = async (): Promise<AnnStart> => ({ available: false, reason: "no library: run npm run setup:faiss" });
const never = () => Promise.reject(new Error("must not be started"));

t.test("auto takes faiss where it is, else none, and says why", async (t) => {
  t.match(await chooseEngine("auto", { faiss: there, "faiss-node": never, weaviate: never }), {
    engine,
    name: "faiss",
    version: "plain",
    reason: /auto, and test is there/,
  });
  const flat = await chooseEngine("auto", { faiss: missing, "faiss-node": never, weaviate: never });
  t.equal(flat.engine, undefined);
  t.match(flat, { name: "flat", reason: /faiss cannot be used: no library: run npm run setup:faiss/ });
});

t.test("an engine that is named is taken, or stops the start with its reason and what to do", async (t) => {
  t.match(await chooseEngine("faiss-node", { faiss: never, "faiss-node": there, weaviate: never }), { engine });
  t.match(await chooseEngine("weaviate", { faiss: never, "faiss-node": never, weaviate: there }), { engine });
  t.match(await chooseEngine("flat", { faiss: never, "faiss-node": never, weaviate: never }), {
    name: "flat",
    version: "",
    source: "",
  });
  await t.rejects(chooseEngine("faiss", { faiss: missing, "faiss-node": never, weaviate: never }), {
    name: "ConfigError",
    message: /INDEX_ENGINE is faiss, which cannot be used: no library: run .*; or set INDEX_ENGINE=auto/,
  });
});
