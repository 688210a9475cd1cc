import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const gateway = process.env["LOUPE_GATEWAY"] ?? "http://127.0.0.1:8080";

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: "../src/loupe_gateway/web_dist",
    emptyOutDir: true,
    // The Content-Security-Policy allows no inline script; small assets stay files.
    assetsInlineLimit: 0,
    chunkSizeWarningLimit: 700,
  },
  server: { proxy: { "/v1": gateway } },
  test: { environment: "jsdom", setupFiles: ["./src/testing/setup.ts"], testTimeout: 60_000 },
});
