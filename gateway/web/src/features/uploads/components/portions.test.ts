import { describe, expect, it } from "vitest";
import { portions, recognised } from "@/features/uploads/components/portions";

function file(name: string, bytes = 1): File {
  const made = new File([], name);
  Object.defineProperty(made, "size", { value: bytes });
  return made;
}

describe("portions", () => {
  it("sends every file once, tables after the images", () => {
    const files = [file("metadata.csv"), ...Array.from({ length: 95 }, (_, index) => file(`${index}.png`)), file("labels.json")];

    const found = portions(files);

    expect(found.flat()).toHaveLength(files.length);
    expect(new Set(found.flat())).toEqual(new Set(files));
    expect(found.at(-1)?.map((each) => each.name)).toEqual(["metadata.csv", "labels.json"]);
    expect(Math.max(...found.map((portion) => portion.length))).toBeLessThanOrEqual(40);
  });

  it("keeps portions small, but a large file whole", () => {
    const found = portions([file("a.png", 20e6), file("b.png", 20e6), file("all.zip", 9e9), file("c.png", 1)]);

    expect(found.map((portion) => portion.map((each) => each.name))).toEqual([["a.png"], ["b.png"], ["all.zip"], ["c.png"]]);
  });

  it("has none of no files", () => {
    expect(portions([])).toEqual([]);
  });
});

describe("recognised", () => {
  it("tells tables and archives from images", () => {
    expect(recognised([file("a.PNG"), file("b.zip"), file("labels.CSV")])).toEqual({ images: 1, archives: 1, tables: ["labels.CSV"] });
  });
});
