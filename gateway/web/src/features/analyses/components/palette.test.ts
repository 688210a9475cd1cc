import { describe, expect, it } from "vitest";
import type { PointValues } from "@/features/analyses/api/point-values";
import { classColors, classTint, legendOf, legendOfRows, linesOf, NO_CLASS, numberTint, OTHER_CLASSES, rangeOf } from "@/features/analyses/components/palette";

const VALUES: PointValues = { kind: "classes", values: ["dent", "ok"], codes: Uint8Array.of(0, 255, 0, 1) };
const ALL: ReadonlySet<never> = new Set();

describe("classes", () => {
  const colors = classColors([VALUES]);
  const lines = linesOf(VALUES, 4, colors);

  it("counts what each colour stands for", () => {
    expect(legendOf(lines, colors).map(({ key, count }) => [key, count])).toEqual([["dent", 2], ["ok", 1], [NO_CLASS, 1]]);
    expect(legendOfRows(Uint32Array.of(0, 1), lines, colors).map(({ key, count }) => [key, count])).toEqual([["dent", 1], [NO_CLASS, 1]]);
  });

  it("gathers the classes beyond the colours", () => {
    const values = Array.from({ length: 30 }, (_, index) => `class ${index}`);
    const many: PointValues = { kind: "classes", values, codes: Uint32Array.from(values.keys()) };
    const all = classColors([many]);

    const legend = legendOf(linesOf(many, 30, all), all);

    expect(legend.at(-1)).toMatchObject({ key: OTHER_CLASSES, count: 30 - (legend.length - 1) });
    expect(new Set(legend.map((entry) => entry.color)).size).toBe(legend.length);
  });

  it("gives a class the same colour on both of two maps", () => {
    const other: PointValues = { kind: "classes", values: ["ok", "scratch"], codes: Uint32Array.of(0, 1) };
    const both = classColors([VALUES, other]);

    expect(both.colors[linesOf(other, 2, both)[0] ?? -1]).toBe(both.colors[linesOf(VALUES, 4, both)[3] ?? -1]);
  });

  it("draws no point of a hidden class", () => {
    const tint = classTint(lines, colors, new Set(["dent"]));

    expect([...tint.isShown]).toEqual([0, 1, 0, 1]);
    expect([3, 7, 11, 15].map((index) => tint.bytes[index])).toEqual([0, 255, 0, 255]);
  });

  it("writes red, green, blue", () => {
    const tint = classTint(lines, colors, ALL);

    const hex = [...tint.bytes.subarray(0, 3)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    expect(`#${hex}`).toBe(colors.colors[0]);
  });
});

describe("numbers", () => {
  const values: PointValues = { kind: "numbers", numbers: Float32Array.of(1, 3, NaN) };

  it("have a range, and a colour at each end of it", () => {
    const range = rangeOf(values);
    expect(range).toEqual({ low: 1, high: 3 });

    const { bytes } = numberTint(values.numbers, range ?? { low: 0, high: 0 });

    expect([...bytes.subarray(0, 3)]).toEqual([0x2c, 0x5a, 0xa0]);
    expect([...bytes.subarray(4, 7)]).toEqual([0xf0, 0x8a, 0x24]);
  });

  it("have no range where there are none", () => {
    expect(rangeOf({ kind: "numbers", numbers: Float32Array.of(NaN) })).toBeUndefined();
  });
});
