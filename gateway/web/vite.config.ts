import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import type { Plugin } from "vite";
import { defineConfig } from "vitest/config";

const gateway = process.env["LOUPE_GATEWAY"] ?? "http://127.0.0.1:8080";

/** Texts also compressed, each beside itself: the gateway sends those and need not compress the same again and again. */
const compressed: Plugin = {
  name: "loupe-compressed",
  async writeBundle({ dir = "" }, bundle) {
    const texts = Object.keys(bundle).filter((name) => /\.(js|css|html)$/.test(name));
    await Promise.all(texts.map(async (name) => {
      const file = join(dir, name);
      await writeFile(`${file}.gz`, gzipSync(await readFile(file), { level: 9 }));
    }));
  },
};

export default defineConfig({
  plugins: [react(), tailwindcss(), compressed],
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
