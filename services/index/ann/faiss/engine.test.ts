import { testEngine } from "../engine-suite.ts";
import { startFaiss } from "./engine.ts";

await testEngine({ name: "faiss", start: () => startFaiss({ buildThreads: 1 }) });
