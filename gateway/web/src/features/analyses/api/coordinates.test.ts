import { describe, expect, it } from "vitest";
import { readCoordinates } from "@/features/analyses/api/coordinates";

describe("readCoordinates", () => {
  it("reads ids and columns", () => {
    const table = new ArrayBuffer(16 + 2 * 16 + 3 * 2 * 4);
    new Uint8Array(table).set(new TextEncoder().encode("LPC1"));
    const view = new DataView(table);
    view.setUint32(4, 2, true);
    view.setUint32(8, 3, true);
    view.setUint32(12, 1, true);
    view.setUint8(16 + 15, 1);
    view.setUint8(16 + 31, 255);
    [1, 2, 3, 4, 5, 6].forEach((value, index) => { view.setFloat32(48 + 4 * index, value, true); });

    const found = readCoordinates(table);

    expect([found.ids.at(0), found.ids.at(1)]).toEqual(["00000000-0000-0000-0000-000000000001", "00000000-0000-0000-0000-0000000000ff"]);
    expect([...found.ids.rowsOf(["00000000-0000-0000-0000-0000000000ff", "unknown"])]).toEqual([1]);
    expect(found.columns.map((column) => [...column])).toEqual([[1, 2], [3, 4], [5, 6]]);
    expect(found.placed).toBe(1);
  });

  it("refuses another form", () => {
    expect(() => readCoordinates(new ArrayBuffer(16))).toThrow("form");
  });
});
