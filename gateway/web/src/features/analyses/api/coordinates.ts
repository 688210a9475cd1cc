/** Where the images of a map lie. */
export interface Coordinates {
  ids: string[];
  /** Two or three columns of as many numbers as there are ids. */
  columns: Float32Array[];
}

const HEADER_BYTES = 16;
const ID_BYTES = 16;

/** Reads the table that AnalysisService.DownloadCoordinates documents. */
export function readCoordinates(table: ArrayBuffer): Coordinates {
  const head = new DataView(table, 0, HEADER_BYTES);
  const magic = String.fromCharCode(...new Uint8Array(table, 0, 4));
  if (magic !== "LPC1") throw new Error("The map has a form that this page does not know; reload it.");
  const [count, dimensions] = [head.getUint32(4, true), head.getUint32(8, true)];
  const bytes = new Uint8Array(table, HEADER_BYTES, count * ID_BYTES);
  const ids = Array.from({ length: count }, (_, row) => uuid(bytes.subarray(row * ID_BYTES, (row + 1) * ID_BYTES)));
  const start = HEADER_BYTES + count * ID_BYTES;
  const columns = Array.from({ length: dimensions }, (_, axis) => new Float32Array(table, start + 4 * count * axis, count));
  return { ids, columns };
}

function uuid(bytes: Uint8Array): string {
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
