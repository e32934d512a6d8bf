import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import t, { type Test } from "tap";
import { projectRoot } from "../../cli/state/home.ts";
import { run } from "../support/run.ts";

// What measures, evaluates and tries has one form, and documents name only what there is.

const { scripts } = JSON.parse(readFileSync(join(projectRoot, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const measuring = Object.entries(scripts).filter(([name]) => /^(bench|eval|modeltest|faults):/.test(name));

const script = (t: Test) => {
  const options = join(projectRoot, "bench/support/options.ts");
  const folder = t.testdir({
    "script.ts": `import { countOption, readOptions } from ${JSON.stringify(options)};
      const { say, more, ...rest } = readOptions({ only: "WORD", ops: "N" }, 7);
      say("working");
      console.log(JSON.stringify({ ...rest, only: more.only, ops: countOption("ops", more.ops, 5) }));`,
  });
  return (...args: string[]) => run(process.execPath, [join(folder, "script.ts"), ...args]);
};

t.test("options are read; what is not known, or no number, ends with 2 and says what was expected", async (t) => {
  const start = script(t);
  const plain = await start("--quick", "--only", "a");
  t.equal(plain.stdout, 'working\n{"quick":true,"seed":7,"json":false,"only":"a","ops":5}\n');
  const json = await start("--json", "--seed", "3", "--ops=9");
  t.equal(json.stdout, '{"quick":false,"seed":3,"json":true,"ops":9}\n', "nothing but the last line");
  const known = "--quick, --seed N, --json, --only WORD, --ops N";
  t.same(await start("--help"), { code: 0, stdout: `options: ${known}\n`, stderr: "" });
  for (const [args, said] of [
    [["--fast"], `Unknown option '--fast'; expected ${known}\n`],
    [["fast"], `Unexpected argument 'fast'; expected ${known}\n`],
    [["--only"], `Option '--only <value>' argument missing; expected ${known}\n`],
    [["--seed", "one"], "expected a whole number as --seed, got one\n"],
    [["--ops", "0"], "expected a whole number above 0 as --ops, got 0\n"],
  ] as const) {
    const { code, stderr } = await start(...args);
    t.same([code, stderr], [2, said], args.join(" "));
  }
});

for (const [name, command] of measuring) {
  t.test(`npm run ${name} refuses an option that it does not know`, async (t) => {
    const [, file = ""] = /^node bin\/run\.mjs (\S+)$/.exec(command) ?? [];
    const { code, stdout, stderr } = await run(process.execPath, [join(projectRoot, file), "--no-such-option"]);
    t.same([code, stdout], [2, ""]);
    t.match(stderr, /^Unknown option '--no-such-option'; expected --quick, --seed N, --json/);
  });
}

t.test("documents name scripts and files that exist", async (t) => {
  const pages = readdirSync(join(projectRoot, "docs"), { recursive: true, encoding: "utf8" });
  const below = pages.filter((page) => page.endsWith(".md")).map((page) => join("docs", page));
  const documents = [...below, "README.md", "CONTRIBUTING.md", "ARCHITECTURE.md", "CHANGELOG.md"];
  t.ok(below.length > 10 && measuring.length > 10);
  const wrong = documents.flatMap((document) => {
    const text = readFileSync(join(projectRoot, document), "utf8");
    const run = [...text.matchAll(/npm run (?:-s )?([a-z][\w:-]*)/g)].map(([, name = ""]) => name);
    const files = [...text.matchAll(/(?:^|[\s`(])((?:bench|eval|test|scripts)\/[\w./-]+\.(?:ts|py|mjs))\b/gm)];
    return [
      ...run.filter((name) => scripts[name] === undefined).map((name) => `${document}: npm run ${name}`),
      ...files
        .filter(([, file = ""]) => !existsSync(join(projectRoot, file)))
        .map(([, file]) => `${document}: ${file}`),
    ];
  });
  t.same(wrong, []);
});
