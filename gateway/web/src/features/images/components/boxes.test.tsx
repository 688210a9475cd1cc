import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Boxes, labelBoxes, predictedBoxes } from "@/features/images/components/boxes";

const box = { label: "hole", index: 7, confidence: 0.9, x: 10, y: 20, width: 30, height: 40 };

test("boxes lie in pixels of the image", () => {
  const image = { width: 338, height: 239, predictions: [{ boxes: { boxes: [box] } }] };

  const { container } = render(<Boxes image={image} boxes={predictedBoxes(image)} />);

  expect(container.querySelector("svg")?.getAttribute("viewBox")).toBe("0 0 338 239");
  const frame = container.querySelector("rect");
  expect(["x", "y", "width", "height"].map((side) => frame?.getAttribute(side))).toEqual(["10", "20", "30", "40"]);
});

test("a classifier's image has none", () => {
  const image = { width: 2, height: 2, predictions: [{ classScores: { scores: [] } }] };

  const { container } = render(<Boxes image={image} boxes={predictedBoxes(image)} />);

  expect(container.innerHTML).toBe("");
});

test("labels of the whole image are no boxes; those of people are dashed", () => {
  const image = { width: 9, height: 9, labels: [{ displayName: "NG" }, { displayName: "hole", box: { x: 1, y: 2, width: 3, height: 4 } }] };

  const { container } = render(<Boxes image={image} boxes={labelBoxes(image)} />);

  expect(container.querySelectorAll("g")).toHaveLength(1);
  expect(container.querySelector("[stroke-dasharray]")).not.toBeNull();
});
