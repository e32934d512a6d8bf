import { readFile } from "node:fs/promises";
import { join, posix } from "node:path";
import t from "tap";
import { root } from "./run/command.ts";
import { sourceFiles } from "./run/files.ts";
import { importsOf } from "./run/imports.ts";

const MAX_LINES = 400;
const FOLDERS = ["services", "envoy", "observability", "web", "cli", "test", "scripts", "deploy", "bench", "eval"];

interface Source {
  file: string;
  text: string;
  /** Files of the project that it imports, as paths from the root. */
  imports: string[];
}

async function readSources(): Promise<Source[]> {
  const files = await sourceFiles(root, FOLDERS);
  const made = ["test/conformance/gen/", "bench/onnx/gen/"];
  const written = files.filter((file) => !made.some((folder) => file.startsWith(folder)));
  return Promise.all(
    written.map(async (file) => {
      const text = await readFile(join(root, file), "utf8");
      const local = importsOf(text).filter((name) => name.startsWith("."));
      return { file, text, imports: local.map((name) => posix.join(posix.dirname(file), name)) };
    }),
  );
}

/** "services/index/…" → "index". */
function serviceOf(file: string): string | undefined {
  return /^services\/([^/]+)\//.exec(file)?.[1];
}

const sources = await readSources();

/** Every import for which the rule is broken, as "a imports b". */
function broken(rule: (from: string, to: string) => boolean): string[] {
  return sources.flatMap(({ file, imports }) =>
    imports.filter((to) => rule(file, to)).map((to) => `${file} imports ${to}`),
  );
}

t.test("imports are read as they are", async (t) => {
  t.ok(sources.length > 50 && sources.reduce((sum, { imports }) => sum + imports.length, 0) > 100);
  const source = `
    import a, { type B } from "./a.ts"; import type { C } from './c.ts'; import "./d.ts";
    export * from "./e.ts"; export { f } from "./f.ts"; const g = await import("./g.ts");
    // import "./no.ts";
    /* export * from "./no.ts" */ const text = 'import "./no.ts"'; const re = /["']/; const more = \`import "./no.ts"\`;
    import {
      h,
    } from "./h.ts";`;
  t.same(
    importsOf(source).sort(),
    ["a", "c", "d", "e", "f", "g", "h"].map((name) => `./${name}.ts`),
  );
});

t.test("services never import each other: they meet through gen/", async (t) => {
  t.same(
    broken((from, to) => {
      const [own, other] = [serviceOf(from), serviceOf(to)];
      return own !== undefined && other !== undefined && other !== "kit" && own !== other;
    }),
    [],
  );
});

t.test("services import nothing of envoy/, observability/, web/ and cli/", async (t) => {
  const others = /^(envoy|observability|web|cli)\//;
  t.same(
    broken((from, to) => from.startsWith("services/") && !from.endsWith(".test.ts") && others.test(to)),
    [],
  );
});

t.test("the page knows the mesh by the contract alone", async (t) => {
  t.same(
    broken((from, to) => from.startsWith("web/src/") && !/^(web\/src|gen)\//.test(to)),
    [],
  );
});

t.test("the monitor and the page's server use the kit and no service", async (t) => {
  t.same(
    broken((from, to) => /^(observability|web)\//.test(from) && /^services\/(?!kit\/)/.test(to)),
    [],
  );
});

t.test(
  "the command knows services by their settings alone; `flashfit models` works on the Encoder's models",
  async (t) => {
    const allowed = (from: string, to: string) =>
      to.endsWith("/config.ts") || (from.startsWith("cli/models/") && to.startsWith("services/encoder/"));
    t.same(
      broken((from, to) => from.startsWith("cli/") && /^services\/(?!kit\/)/.test(to) && !allowed(from, to)),
      [],
    );
  },
);

t.test("nothing imports a main.ts", async (t) => {
  t.same(
    broken((_, to) => to.endsWith("/main.ts")),
    [],
  );
});

t.test("the kit knows nothing of fashion", async (t) => {
  const kit = sources.filter(({ file }) => serviceOf(file) === "kit" && !file.endsWith(".test.ts"));
  t.ok(kit.length > 0);
  const words = /\b(fashion|garments?|wardrobes?|outfits?|cloth(es|ing)|dress(es)?|shoes?)\b/i;
  t.same(
    kit.filter(({ text }) => words.test(text)).map(({ file, text }) => `${file}: ${words.exec(text)?.[0]}`),
    [],
  );
  t.same(
    broken((from, to) => serviceOf(from) === "kit" && !from.endsWith(".test.ts") && to.startsWith("gen/flashfit/")),
    [],
  );
});

t.test(`no file is longer than ${MAX_LINES} lines`, async (t) => {
  const long = sources
    .map(({ file, text }) => ({ file, lines: text.split("\n").length - 1 }))
    .filter(({ lines }) => lines > MAX_LINES);
  t.same(long, []);
});
