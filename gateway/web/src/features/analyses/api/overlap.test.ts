import { describe, expect, it } from "vitest";
import { PointIds, type Coordinates } from "@/features/analyses/api/coordinates";
import { overlapOf } from "@/features/analyses/api/overlap";

/** A map of images whose ids count up from `first`, each at its number on a line. */
function line(places: readonly number[], first = 1): Coordinates {
  const bytes = new Uint8Array(places.length * 16);
  places.forEach((_, row) => { new DataView(bytes.buffer).setUint32(row * 16 + 12, first + row); });
  return { count: places.length, ids: new PointIds(bytes), columns: [Float32Array.from(places), new Float32Array(places.length)], placed: 0 };
}

/** Numbers that follow no order, the same at each run. */
function shuffled(count: number): number[] {
  return Array.from({ length: count }, (_, index) => (index * 7919) % 10_007);
}

const COUNT = 400;
/** Farther apart from one to the next, so that no two are equally near to a third. */
const ORDER = Array.from({ length: COUNT }, (_, index) => index + index ** 2 / 1000);

describe("overlapOf", () => {
  it("is whole for the same neighbourhoods, however they are turned and stretched", () => {
    const found = overlapOf(line(ORDER), line(ORDER.map((place) => 7 - 3 * place)));

    expect(found).toEqual({ share: 1, chance: 15 / (COUNT - 1), images: COUNT });
  });

  it("is near chance for a map that knows nothing of the other", () => {
    const found = overlapOf(line(ORDER), line(shuffled(COUNT)));

    expect(found?.share).toBeLessThan(0.12);
  });

  it("looks at the images that both have a place for", () => {
    const hidden = ORDER.map((place, row) => (row % 4 === 0 ? NaN : place));
    const found = overlapOf(line(hidden), line(ORDER.slice(100), 101));

    expect(found).toMatchObject({ share: 1, images: 225 });
  });

  it("says nothing of maps that share too few images", () => {
    expect(overlapOf(line(ORDER), line(ORDER, 10_000))).toBeUndefined();
    expect(overlapOf(line([1, 2]), line([1, 2]))).toBeUndefined();
  });

  it("takes a sample of many", () => {
    const many = Array.from({ length: 30_000 }, (_, index) => index);

    expect(overlapOf(line(many), line(many))).toMatchObject({ share: 1, images: 5_000 });
  });
});
