/** Where the images of a map lie. */
export interface Coordinates {
  /** Number of points N. */
  count: number;
  ids: PointIds;
  /** Two or three columns of N numbers; NaN where the image is hidden from the reader. */
  columns: Float32Array[];
  /** The last so many points were placed after the map was made. */
  placed: number;
}

const HEADER_BYTES = 16;
const ID_BYTES = 16;
const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/** The ids of N images in the order of the points: kept as bytes, because a million texts take seconds to make. */
export class PointIds {
  private rows: Map<string, number> | undefined;

  /** `bytes` are N × 16. */
  constructor(private readonly bytes: Uint8Array) {}

  at(row: number): string {
    let hex = "";
    for (let index = row * ID_BYTES; index < (row + 1) * ID_BYTES; index += 1) hex += HEX[this.bytes[index] ?? 0] ?? "";
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  }

  /** The rows of the images that are on this map, in the order given; the others are left out. */
  rowsOf(ids: readonly string[]): Uint32Array {
    this.rows ??= new Map(Array.from({ length: this.bytes.length / ID_BYTES }, (_, row) => [this.at(row), row]));
    const known = this.rows;
    return Uint32Array.from(ids.flatMap((id) => known.get(id) ?? []));
  }
}

/** Reads the table that AnalysisService.DownloadCoordinates documents. */
export function readCoordinates(table: ArrayBuffer): Coordinates {
  const head = new DataView(table, 0, HEADER_BYTES);
  const magic = String.fromCharCode(...new Uint8Array(table, 0, 4));
  if (magic !== "LPC1") throw new Error("The map has a form that this page does not know; reload it.");
  const [count, dimensions] = [head.getUint32(4, true), head.getUint32(8, true)];
  const ids = new PointIds(new Uint8Array(table, HEADER_BYTES, count * ID_BYTES));
  const start = HEADER_BYTES + count * ID_BYTES;
  const columns = Array.from({ length: dimensions }, (_, axis) => new Float32Array(table, start + 4 * count * axis, count));
  return { count, ids, columns, placed: head.getUint32(12, true) };
}
