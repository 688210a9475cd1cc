import { expect, it } from "vitest";
import { levelFor, placesIn } from "@/features/images/page/tiles";

it("takes the level whose pixels fit those of the screen", () => {
  expect([4, 1, 0.6, 0.5, 0.26, 0.1, 0.001].map((scale) => levelFor(scale, 6))).toEqual([0, 0, 0, 1, 1, 3, 5]);
});

it("asks for the tiles that are in view, the middle first", () => {
  // A frame of 1000 × 600 over an image of 4000 × 4000 at its own size, moved by 700 and 100.
  const places = placesIn({ x: -700, y: -100, scale: 1 }, [1000, 600], [4000, 4000], 0, 512);

  expect(places.map(({ column, row }) => [column, row])).toEqual(expect.arrayContaining([[1, 0], [2, 0], [3, 0], [1, 1], [2, 1], [3, 1]]));
  expect(places).toHaveLength(6);
  expect(places[0]?.column).toBe(2);
});

it("asks for none beyond the image's edges", () => {
  expect(placesIn({ x: 100, y: 100, scale: 0.5 }, [1000, 600], [700, 300], 1, 512)).toEqual([{ level: 1, column: 0, row: 0 }]);
});
