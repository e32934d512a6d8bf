import { join } from "node:path";
import process from "node:process";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";
import { precompress } from "./build/precompress.ts";

const root = import.meta.dirname;
/** The edge of a running mesh, for the development server. */
const edge = process.env.VITE_API_URL || "https://127.0.0.1:8443";

export default defineConfig({
  root,
  base: "/app/",
  plugins: [react(), tailwindcss(), precompress()],
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: ["chrome123", "edge123", "firefox121", "safari17.5"],
    assetsInlineLimit: 0, // the content security policy knows no data: scripts and fonts
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
  },
  server: {
    host: "127.0.0.1",
    port: Number(process.env.FRONTEND_PORT || 3000),
    strictPort: true,
    fs: { allow: [join(root, "..")] },
    // The edge of `npm start` has a certificate of its own authority.
    proxy: { "/flashfit.": { target: edge, changeOrigin: true, secure: false } },
  },
});
