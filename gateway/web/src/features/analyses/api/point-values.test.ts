import { describe, expect, it } from "vitest";
import { bitsOf, readPointValues, rowsWithValue } from "@/features/analyses/api/point-values";
import { pointTable } from "@/testing/point-table";

describe("readPointValues", () => {
  it("reads classes, whatever the width of their codes", () => {
    const narrow = readPointValues(pointTable(["흠집", "ok"], [1, null, 0]));

    expect(narrow).toMatchObject({ kind: "classes", values: ["흠집", "ok"] });
    expect([...(narrow.kind === "classes" ? narrow.codes : [])]).toEqual([1, 255, 0]);
    expect([...(rowsWithValue(narrow) ?? [])]).toEqual([0, 2]);
  });

  it("reads numbers", () => {
    const found = readPointValues(pointTable([], [0.5, null]));

    expect(found).toEqual({ kind: "numbers", numbers: Float32Array.of(0.5, NaN) });
  });

  it("refuses another form", () => {
    expect(() => readPointValues(new ArrayBuffer(16))).toThrow("form");
  });
});

it("sets a bit for each row, the lowest of a byte first", () => {
  expect([...bitsOf(Uint32Array.of(0, 7, 9), 10)]).toEqual([0b10000001, 0b10]);
});
