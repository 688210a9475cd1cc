const HEADER_BYTES = 16;

/** The values of points as the gateway answers them: classes in one byte each, or numbers where there are no classes. */
export function pointTable(classes: string[], points: (number | null)[]): ArrayBuffer {
  const isNumbers = classes.length === 0;
  const json = new TextEncoder().encode(JSON.stringify(classes));
  const length = Math.ceil(json.length / 4) * 4;
  const table = new Uint8Array(HEADER_BYTES + length + points.length * (isNumbers ? 4 : 1)).fill(32);
  table.set(new TextEncoder().encode("LPV1"));
  table.set(json, HEADER_BYTES);
  const view = new DataView(table.buffer);
  view.setUint32(4, points.length, true);
  view.setUint32(8, isNumbers ? 0 : 1, true);
  view.setUint32(12, length, true);
  points.forEach((point, row) => {
    if (isNumbers) view.setFloat32(HEADER_BYTES + length + 4 * row, point ?? NaN, true);
    else view.setUint8(HEADER_BYTES + length + row, point ?? 0xff);
  });
  return table.buffer;
}
