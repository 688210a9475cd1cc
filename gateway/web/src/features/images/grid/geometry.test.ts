import { expect, it } from "vitest";
import { ahead, drawn, geometry, placeOfTile, scrollTo } from "@/features/images/grid/geometry";

it("fits as many tiles into a row as have their size", () => {
  expect(geometry(1000, 160, false, 100_000)).toEqual({ columns: 6, side: 160, rowHeight: 168, height: 16_667 * 168 });
  expect(geometry(100, 300, true, 1).columns).toBe(1);
});

it("draws no more than what is seen and a little around it, wherever one is", () => {
  const grid = geometry(1000, 160, false, 100_000);

  const [first, last] = drawn(grid, 8000 * grid.rowHeight, 840, 100_000);

  expect(first).toBe((8000 - 2) * 6);
  expect(last).toBe((8000 + 5 + 2) * 6);
  expect(drawn(grid, grid.height, 840, 100_000)[1]).toBe(100_000);
  expect(drawn(grid, 0, 840, 0)).toEqual([0, 0]);
});

it("draws the last images when there are fewer than when one scrolled there", () => {
  expect(drawn(geometry(1000, 160, false, 4), 900_000, 840, 4)).toEqual([0, 4]);
});

it("has images ready for a screen around those that are drawn", () => {
  const grid = geometry(1000, 160, false, 100_000);

  expect(ahead(grid, [600, 654], 840, 100_000)).toEqual([570, 684]);
  expect(ahead(grid, [0, 42], 840, 50)).toEqual([0, 50]);
});

it("lays tiles in rows", () => {
  const grid = geometry(1000, 160, true, 100);

  expect(placeOfTile(grid, 0)).toEqual({ top: 0, left: 0, width: 160, height: 200 });
  expect(placeOfTile(grid, 8)).toEqual({ top: 208, left: 336, width: 160, height: 200 });
});

it("scrolls only when an image is not seen whole", () => {
  const grid = geometry(1000, 160, false, 100_000);

  expect(scrollTo(grid, 0, 500, 840)).toBe(0);
  expect(scrollTo(grid, 60, 10 * 168, 840)).toBeUndefined();
  expect(scrollTo(grid, 600, 0, 840)).toBe(101 * 168 - 840);
});
