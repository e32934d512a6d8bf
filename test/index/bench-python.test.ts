import process from "node:process";
import t from "tap";
import { Python, PythonMissing } from "../../bench/index/python.ts";

t.test("a Python that is not there, or ends, is told with what to do", async (t) => {
  const { FAISS_PYTHON } = process.env;
  t.teardown(() => {
    if (FAISS_PYTHON === undefined) delete process.env.FAISS_PYTHON;
    else process.env.FAISS_PYTHON = FAISS_PYTHON;
  });
  for (const [python, why] of [
    ["/nowhere/python", /does not start \(spawn \/nowhere\/python ENOENT\): pip install .* FAISS_PYTHON/],
    ["false", /ended with 1: pip install/],
  ] as const) {
    process.env.FAISS_PYTHON = python;
    const peer = new Python("kernel-peer.py");
    await t.rejects(peer.ask({ op: "load" }), { name: PythonMissing.name, message: why });
    await peer.end();
  }
});
