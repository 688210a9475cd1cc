import { describe, expect, it } from "vitest";
import { nearest, stepped } from "@/features/curation/components/drift-places";
import type { Series } from "@/features/curation/components/drift-series";

const line = (group: string, ...dots: [number, number][]): Series => ({ group, dots: dots.map(([x, value]) => ({ x, value, point: {} })) });
const SERIES = [line("L1", [0, 0], [0.5, 0.2], [1, 0]), line("L3", [0.4, 0.9], [1, 0.8])];

describe("nearest", () => {
  it("is counted in pixels, so that a wide chart tells days apart and not values", () => {
    const topOf = (value: number) => 1 - value;

    expect(nearest(SERIES, [430, 60], [1000, 100], topOf)).toEqual({ series: 1, dot: 0 });
    expect(nearest(SERIES, [460, 60], [1000, 100], topOf)).toEqual({ series: 0, dot: 1 });
  });
});

describe("stepped", () => {
  it("goes along a line and stops at its ends", () => {
    expect(stepped(SERIES, { series: 0, dot: 1 }, "ArrowLeft")).toEqual({ series: 0, dot: 0 });
    expect(stepped(SERIES, { series: 0, dot: 0 }, "ArrowLeft")).toEqual({ series: 0, dot: 0 });
    expect(stepped(SERIES, { series: 0, dot: 0 }, "End")).toEqual({ series: 0, dot: 2 });
    expect(stepped(SERIES, { series: 0, dot: 2 }, "ArrowRight")).toEqual({ series: 0, dot: 2 });
  });

  it("goes to the next line where the day is nearest, and round", () => {
    expect(stepped(SERIES, { series: 0, dot: 1 }, "ArrowDown")).toEqual({ series: 1, dot: 0 });
    expect(stepped(SERIES, { series: 1, dot: 1 }, "ArrowDown")).toEqual({ series: 0, dot: 2 });
    expect(stepped(SERIES, { series: 0, dot: 0 }, "ArrowUp")).toEqual({ series: 1, dot: 0 });
  });

  it("leaves other keys alone", () => {
    expect(stepped(SERIES, { series: 0, dot: 0 }, "Enter")).toBeUndefined();
  });
});
