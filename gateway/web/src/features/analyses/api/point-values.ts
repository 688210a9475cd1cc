import type { Schemas } from "@/lib/api/client";

/** What colours the points of a map: a class for each, or a number for each. */
export type PointValues =
  | { kind: "classes"; values: string[]; codes: Uint32Array }
  | { kind: "numbers"; numbers: Float32Array };

export const NO_CODE = 0xffffffff;

export function readPointValues(message: Schemas["PointValues"]): PointValues {
  if (message.numbers) return { kind: "numbers", numbers: new Float32Array(decode(message.numbers)) };
  return { kind: "classes", values: message.values ?? [], codes: new Uint32Array(decode(message.codes ?? "")) };
}

/** Rows of the points that have any value. */
export function rowsWithValue(values: PointValues | undefined): Uint32Array | null {
  if (values?.kind !== "classes") return null;
  return rowsWhere(values.codes.length, (row) => values.codes[row] !== NO_CODE);
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
  for (const row of rows) mask[row] = 1;
  return mask;
}

function decode(base64: string): ArrayBuffer {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  // A loop: Uint8Array.from with a function takes ten times as long for a million points.
  for (let index = 0; index < text.length; index += 1) bytes[index] = text.charCodeAt(index);
  return bytes.buffer;
}
