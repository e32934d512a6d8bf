import { testConformance } from "./run-suite.ts";

testConformance("node", "short");
