import { readFileSync } from "node:fs";
import { join } from "node:path";
import t from "tap";
import { parse } from "yaml";
import { projectRoot } from "../../cli/state/home.ts";
import { indexConfig } from "../../services/index/config.ts";

/** What Compose decides itself, and what the image knows. */
const DECIDED = ["INDEX_PORT", "INDEX_METRICS_PORT", "FAISS_METRICS_PORT", "FAISS_C_LIBRARY"];

t.test("Compose hands on every setting of the Index", async (t) => {
  const compose = parse(readFileSync(join(projectRoot, "compose.yml"), "utf8"), { merge: true });
  const handed = Object.keys(compose.services.index.environment);
  const own = Object.keys(indexConfig.shape).filter((name) => /^(INDEX|FAISS|WEAVIATE)_/.test(name));
  t.ok(own.length > 15);
  t.same(
    own.filter((name) => !DECIDED.includes(name) && !handed.includes(name)),
    [],
  );
});
