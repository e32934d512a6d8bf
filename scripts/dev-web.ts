import { join } from "node:path";
import { createServer } from "vite";

// The page from its sources, changed as they change, in front of a running mesh (VITE_API_URL).

const server = await createServer({ configFile: join(import.meta.dirname, "../web/vite.config.ts") });
await server.listen();
server.printUrls();
