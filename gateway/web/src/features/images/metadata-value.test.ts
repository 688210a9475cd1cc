import { expect, it } from "vitest";
import { typedValue } from "@/features/images/metadata-value";

it.each([
  ["12.5", 12.5],
  ["-3", -3],
  ["1e3", 1000],
  ["true", true],
  ["false", false],
  ["True", "True"],
  ["L3", "L3"],
  ["2026-11-22", "2026-11-22"],
  ["1e999", "1e999"],
  ["", ""],
])("%s", (text, value) => {
  expect(typedValue(text)).toBe(value);
});
