import { describe, expect, it } from "vitest";
import { unitCube } from "@/features/analyses/components/scatter";

describe("unitCube", () => {
  it("keeps the shape: the longest side spans the cube", () => {
    const triples = unitCube([Float32Array.of(0, 10), Float32Array.of(0, 5)]);

    expect([...triples]).toEqual([-1, -0.5, 0, 1, 0.5, 0]);
  });

  it("puts equal points in the middle", () => {
    expect([...unitCube([Float32Array.of(3, 3), Float32Array.of(1, 1)])]).toEqual([0, 0, 0, 0, 0, 0]);
  });
});
