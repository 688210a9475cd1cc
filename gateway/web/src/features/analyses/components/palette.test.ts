import { describe, expect, it } from "vitest";
import { NO_CODE } from "@/features/analyses/api/point-values";
import { coloring } from "@/features/analyses/components/palette";

describe("coloring", () => {
  it("counts each class and those without one", () => {
    const values = { kind: "classes" as const, values: ["ok", "dent"], codes: Uint32Array.of(1, 0, 1, NO_CODE) };

    const { legend, rgb } = coloring(values, 4);

    expect(legend.map((entry) => [entry.value, entry.count])).toEqual([["ok", 1], ["dent", 2], [null, 1]]);
    expect([...rgb.slice(0, 3)]).toEqual([...rgb.slice(6, 9)]);
  });

  it("spreads numbers over a scale and leaves none grey", () => {
    const { rgb, legend } = coloring({ kind: "numbers", numbers: Float32Array.of(0, 1, Number.NaN) }, 3);

    expect(legend).toEqual([]);
    expect([...rgb.slice(0, 3)]).not.toEqual([...rgb.slice(3, 6)]);
    expect(rgb[6]).toBeCloseTo(0x8b / 255);
  });
});
