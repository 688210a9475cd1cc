import { expect, it } from "vitest";
import { adjusted, domainOf, usualOf, wholeRange } from "@/features/images/page/value-window";

const DEEP = { bits: 16, minimum: 100, maximum: 4100, low: 500, high: 3500 };

it("shows 8 bits as they are and more without their extremes", () => {
  expect(usualOf({ bits: 8, minimum: 3, maximum: 200, low: 9, high: 180 })).toEqual({ low: 0, high: 255 });
  expect(usualOf(DEEP)).toEqual({ low: 500, high: 3500 });
  expect(wholeRange({ ...DEEP, maximum: 100 })).toEqual({ low: 100, high: 101 });
});

it("moves and widens a window within what there is", () => {
  expect(adjusted({ low: 1000, high: 2000 }, DEEP, 0.1, 1)).toEqual({ low: 1100, high: 2100 });
  expect(adjusted({ low: 1000, high: 2000 }, DEEP, 0, 0.5)).toEqual({ low: 1250, high: 1750 });
  expect(adjusted({ low: 1000, high: 1001 }, DEEP, 0, 0.001).high).toBeGreaterThan(1000);
  expect(adjusted({ low: 3000, high: 4000 }, DEEP, 5, 1)).toEqual({ low: 3600, high: 4600 });
  expect(domainOf(DEEP)).toEqual({ low: 100, high: 4100 });
});
