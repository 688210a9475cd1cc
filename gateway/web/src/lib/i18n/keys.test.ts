import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { en } from "@/lib/i18n/en";

const SOURCES = join(import.meta.dirname, "../..");
const USED = /\bt\(\s*"([A-Za-z0-9_.]+)"/g;
const PLURALS = ["_one", "_other", "_zero"];

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sources(path);
    return /\.tsx?$/.test(entry.name) && !entry.name.includes(".test.") ? [path] : [];
  });
}

function isText(key: string): boolean {
  let found: unknown = en;
  for (const part of key.split(".")) found = (found as Record<string, unknown> | undefined)?.[part];
  return typeof found === "string";
}

it("has a text for every key that the pages use", () => {
  const used = sources(SOURCES).flatMap((path) => [...readFileSync(path, "utf8").matchAll(USED)].map((match) => match[1] ?? ""));
  const missing = [...new Set(used)].filter((key) => !isText(key) && !PLURALS.some((plural) => isText(key + plural)));

  expect(used.length).toBeGreaterThan(300);
  expect(missing).toEqual([]);
});
