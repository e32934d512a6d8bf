import t from "tap";
import { startMesh } from "../support/mesh.ts";
import { whatIsLearned } from "./people/learning.ts";
import { outfitTests } from "./people/outfits.ts";

// One mesh for both, because starting one takes most of the time.
const mesh = await startMesh();
t.teardown(() => mesh.stop());

t.test("what people like and skip changes the next answer, for them alone", (t) => whatIsLearned(t, mesh));
outfitTests(t, mesh);
