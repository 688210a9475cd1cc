/** A place on the screen, in pixels of the picture, origin top left. */
export interface Place {
  x: number;
  y: number;
}

/** How a map lies on the screen. */
export interface View {
  /** Column-major 4 × 4 matrix from the cube of the points to clip space. */
  matrix: ArrayLike<number>;
  width: number;
  height: number;
}

/**
 * The rows whose points lie inside an outline on the screen.
 *
 * The outline is drawn into a picture of bits first, so that a point costs one look-up however long the outline is.
 *
 * @param positions N × 3 in the cube of the points; NaN is nowhere.
 * @param isShown N, 0 for what is not drawn.
 */
export function rowsInside(positions: Float32Array, isShown: Uint8Array, view: View, outline: readonly Place[]): Uint32Array {
  const { width, height } = view;
  const mask = fill(outline, width, height);
  const rows = new Uint32Array(isShown.length);
  let found = 0;
  eachOnScreen(positions, isShown, view, (row, x, y) => {
    if (x >= 0 && y >= 0 && x < width && y < height && mask[Math.floor(y) * width + Math.floor(x)] === 1) {
      rows[found] = row;
      found += 1;
    }
  });
  return rows.slice(0, found);
}

/** The row of the shown point nearest to a place, at most `reach` pixels away; -1 for none. */
export function nearestRow(positions: Float32Array, isShown: Uint8Array, view: View, place: Place, reach: number): number {
  let [found, least] = [-1, reach * reach];
  eachOnScreen(positions, isShown, view, (row, x, y) => {
    const distance = (x - place.x) ** 2 + (y - place.y) ** 2;
    if (distance < least) [found, least] = [row, distance];
  });
  return found;
}

function eachOnScreen(positions: Float32Array, isShown: Uint8Array, view: View, visit: (row: number, x: number, y: number) => void): void {
  const m = Float64Array.from(view.matrix);
  const at = (index: number) => m[index] ?? 0;
  const [xx, xy, xz, xw] = [at(0), at(4), at(8), at(12)];
  const [yx, yy, yz, yw] = [at(1), at(5), at(9), at(13)];
  const [wx, wy, wz, ww] = [at(3), at(7), at(11), at(15)];
  const [halfWidth, halfHeight] = [view.width / 2, view.height / 2];
  for (let row = 0, start = 0; row < isShown.length; row += 1, start += 3) {
    if (isShown[row] === 0) continue;
    const [x, y, z] = [positions[start] ?? 0, positions[start + 1] ?? 0, positions[start + 2] ?? 0];
    const w = wx * x + wy * y + wz * z + ww;
    // Behind the eye, or without a place.
    if (!(w > 0)) continue;
    const right = (xx * x + xy * y + xz * z + xw) / w;
    const up = (yx * x + yy * y + yz * z + yw) / w;
    visit(row, (right + 1) * halfWidth, (1 - up) * halfHeight);
  }
}

/** width × height pixels, 1 inside the closed outline (even-odd rule, by the middle of each pixel). */
export function fill(outline: readonly Place[], width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const y = row + 0.5;
    const crossings: number[] = [];
    outline.forEach((from, index) => {
      const to = outline[(index + 1) % outline.length] ?? from;
      if (from.y <= y !== to.y <= y) crossings.push(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x));
    });
    crossings.sort((one, other) => one - other);
    for (let index = 0; index + 1 < crossings.length; index += 2) {
      const [left, right] = [crossings[index] ?? 0, crossings[index + 1] ?? 0];
      mask.fill(1, row * width + clamp(Math.ceil(left - 0.5), width), row * width + clamp(Math.ceil(right - 0.5), width));
    }
  }
  return mask;
}

function clamp(value: number, most: number): number {
  return Math.max(0, Math.min(most, value));
}

/** The corners of a box between two places. */
export function boxOutline(from: Place, to: Place): Place[] {
  return [from, { x: to.x, y: from.y }, to, { x: from.x, y: to.y }];
}
