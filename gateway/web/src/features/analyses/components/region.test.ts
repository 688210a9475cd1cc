import { describe, expect, it } from "vitest";
import { boxOutline, fill, nearestRow, rowsInside, type Place, type View } from "@/features/analyses/components/region";

// x right, y up, both in [-1, 1], as a 2-D map is seen before anybody moves it.
const VIEW: View = { matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1], width: 200, height: 100 };

function random(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1664525 + 1013904223) % 4294967296;
    return state / 4294967296;
  };
}

/** Ray casting, the textbook way: what the picture of bits must agree with. */
function isInside(place: Place, outline: readonly Place[]): boolean {
  let inside = false;
  outline.forEach((from, index) => {
    const to = outline[(index + 1) % outline.length] ?? from;
    if (from.y <= place.y !== to.y <= place.y && place.x < from.x + ((place.y - from.y) / (to.y - from.y)) * (to.x - from.x)) inside = !inside;
  });
  return inside;
}

describe("fill", () => {
  it("agrees with ray casting for any outline, crossing ones too", () => {
    const draw = random(7);
    for (let round = 0; round < 60; round += 1) {
      const outline = Array.from({ length: 3 + Math.floor(draw() * 12) }, () => ({ x: draw() * 60 - 10, y: draw() * 50 - 10 }));
      const mask = fill(outline, 40, 30);
      for (let pixel = 0; pixel < mask.length; pixel += 1) {
        const middle = { x: (pixel % 40) + 0.5, y: Math.floor(pixel / 40) + 0.5 };
        expect(mask[pixel] === 1, `round ${round}, ${middle.x}, ${middle.y}`).toBe(isInside(middle, outline));
      }
    }
  });
});

describe("rowsInside", () => {
  it("takes what is drawn inside the outline and has a place", () => {
    const positions = Float32Array.of(0, 0, 0, 0.5, 0.5, 0, 0, 0, 0, NaN, NaN, NaN);

    const rows = rowsInside(positions, Uint8Array.of(1, 1, 0, 1), VIEW, boxOutline({ x: 90, y: 40 }, { x: 110, y: 60 }));

    expect([...rows]).toEqual([0]);
  });

  it("leaves out what lies behind the eye", () => {
    const behind: View = { ...VIEW, matrix: [1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 1, 0, 0, 0, 0] };

    const rows = rowsInside(Float32Array.of(0, 0, 1, 0, 0, -1), Uint8Array.of(1, 1), behind, boxOutline({ x: 0, y: 0 }, { x: 200, y: 100 }));

    expect([...rows]).toEqual([0]);
  });
});

describe("nearestRow", () => {
  const positions = Float32Array.of(0, 0, 0, 0.1, 0, 0);

  it("finds the nearest within reach", () => {
    expect(nearestRow(positions, Uint8Array.of(1, 1), VIEW, { x: 107, y: 50 }, 12)).toBe(1);
  });

  it("finds nothing beyond it, and nothing hidden", () => {
    expect(nearestRow(positions, Uint8Array.of(1, 1), VIEW, { x: 140, y: 50 }, 12)).toBe(-1);
    expect(nearestRow(positions, Uint8Array.of(0, 0), VIEW, { x: 100, y: 50 }, 12)).toBe(-1);
  });
});
