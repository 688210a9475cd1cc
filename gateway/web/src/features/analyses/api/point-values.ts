/** What colours the points of a map: a class for each, or a number for each. */
export type PointValues =
  | {
      kind: "classes";
      values: string[];
      /** N indexes into `values`; beyond its end where an image has none. */
      codes: Uint8Array | Uint16Array | Uint32Array;
    }
  | { kind: "numbers"; numbers: Float32Array };

const HEADER_BYTES = 16;
const CODES = { 1: Uint8Array, 2: Uint16Array, 4: Uint32Array } as const;

/** Reads the table that AnalysisService.DownloadPointValues documents. */
export function readPointValues(table: ArrayBuffer): PointValues {
  const head = new DataView(table, 0, HEADER_BYTES);
  const magic = String.fromCharCode(...new Uint8Array(table, 0, 4));
  const [count, width, length] = [head.getUint32(4, true), head.getUint32(8, true), head.getUint32(12, true)];
  const start = HEADER_BYTES + length;
  if (magic === "LPV1" && width === 0) return { kind: "numbers", numbers: new Float32Array(table, start, count) };
  if (magic !== "LPV1" || !isWidth(width)) throw new Error("The values of the map have a form that this page does not know; reload it.");
  const values = JSON.parse(new TextDecoder().decode(new Uint8Array(table, HEADER_BYTES, length))) as string[];
  return { kind: "classes", values, codes: new CODES[width](table, start, count) };
}

function isWidth(width: number): width is keyof typeof CODES {
  return width in CODES;
}

/** Rows of the points that have any value. */
export function rowsWithValue(values: PointValues | undefined): Uint32Array | null {
  if (values?.kind !== "classes") return null;
  const { codes, values: { length } } = values;
  return rowsWhere(codes.length, (row) => (codes[row] ?? length) < length);
}

/** The rows for which something holds, ascending. */
export function rowsWhere(count: number, holds: (row: number) => boolean): Uint32Array {
  const rows = new Uint32Array(count);
  let found = 0;
  for (let row = 0; row < count; row += 1) {
    if (!holds(row)) continue;
    rows[found] = row;
    found += 1;
  }
  return rows.slice(0, found);
}

/** N, 1 for the rows that are listed. */
export function maskOf(rows: Uint32Array, count: number): Uint8Array {
  const mask = new Uint8Array(count);
  for (let index = 0; index < rows.length; index += 1) mask[rows[index] ?? 0] = 1;
  return mask;
}

/** One bit for each of N points, the lowest bit of a byte first: set for the rows that are listed. */
export function bitsOf(rows: Uint32Array, count: number): Uint8Array {
  const bits = new Uint8Array(Math.ceil(count / 8));
  for (const row of rows) bits[row >> 3] = (bits[row >> 3] ?? 0) | (1 << (row & 7));
  return bits;
}
