import t from "tap";
import { parseProviders, planProviders, withProviders } from "./execution-providers.ts";

t.test("a list of providers is read, and an unknown one named", async (t) => {
  t.strictSame(parseProviders(" CUDA, cpu"), ["cuda", "cpu"]);
  t.strictSame(parseProviders(""), []);
  t.throws(() => parseProviders("cpu,cudo"), {
    message: "expected execution providers out of cuda, tensorrt, coreml, cpu, got cudo",
  });
});

t.test("what the build does not know is refused with the reason; the CPU is always last", async (t) => {
  t.strictSame(planProviders(["coreml", "cuda"], ["cpu", "cuda"]), {
    use: ["cuda", "cpu"],
    refused: [{ provider: "coreml", reason: "this build of ONNX Runtime has only cpu, cuda" }],
  });
  t.strictSame(planProviders(["cpu"], ["cpu"]), { use: ["cpu"], refused: [] });
  t.strictSame(planProviders([], ["cpu"]).use, ["cpu"]);
  t.strictSame(planProviders(["cuda", "cpu", "tensorrt"], ["cpu", "cuda", "tensorrt"]).use, ["cuda", "cpu"]);
});

t.test("a provider that fails to open is left out, until one works", async (t) => {
  const tried: string[][] = [];
  const plan = planProviders(["tensorrt", "cuda"], ["tensorrt", "cuda", "cpu"]);
  const { opened, plan: used } = await withProviders(plan, async (providers) => {
    tried.push(providers);
    if (providers.length > 1) throw new Error(`no library for ${providers[0]}`);
    return "open";
  });
  t.equal(opened, "open");
  t.strictSame(tried, [["tensorrt", "cuda", "cpu"], ["cuda", "cpu"], ["cpu"]]);
  t.strictSame(used.use, ["cpu"]);
  t.strictSame(
    used.refused.map(({ reason }) => reason),
    ["no library for tensorrt", "no library for cuda"],
  );
});

t.test("a graph that the CPU cannot open is at fault itself", async (t) => {
  const failing = withProviders(planProviders(["cuda"], ["cuda", "cpu"]), async (providers) => {
    throw new Error(`corrupt, with ${providers}`);
  });
  await t.rejects(failing, { message: "corrupt, with cpu" });
});
