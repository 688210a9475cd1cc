import { expect, it } from "vitest";
import { fitted, zoomed } from "@/features/images/page/use-zoom";

it("fits a picture into the middle of its frame", () => {
  expect(fitted(300, 300, 1000, 600)).toEqual({ scale: 2, x: 200, y: 0 });
});

it("zooms about the pointer", () => {
  const before = { scale: 2, x: 200, y: 0 };

  const after = zoomed(before, 1.5, 500, 100);

  // The spot of the picture under the pointer is the same.
  expect((500 - after.x) / after.scale).toBeCloseTo((500 - before.x) / before.scale);
  expect((100 - after.y) / after.scale).toBeCloseTo((100 - before.y) / before.scale);
  expect(after.scale).toBe(3);
});

it("ends somewhere", () => {
  expect(zoomed({ scale: 30, x: 0, y: 0 }, 10, 0, 0).scale).toBe(40);
  expect(zoomed({ scale: 0.05, x: 0, y: 0 }, 0.01, 0, 0).scale).toBe(0.002);
});
