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
 * The outline is drawn into a picture of bits first, so that a point costs one look-up however long the outline is, and none
 * beside the box around it.
 *
 * @param positions N × 3 in the cube of the points; NaN is nowhere.
 * @param isShown N, 0 for what is not drawn.
 */
export function rowsInside(positions: Float32Array, isShown: Uint8Array, view: View, outline: readonly Place[]): Uint32Array {
  const box = boxOf(outline, view);
  const columns = box.right - box.left;
  const mask = fill(outline.map(({ x, y }) => ({ x: x - box.left, y: y - box.top })), columns, box.bottom - box.top);
  const m = projection(view);
  const rows = new Uint32Array(isShown.length);
  let found = 0;
  for (let row = 0, start = 0; row < isShown.length; row += 1, start += 3) {
    if (isShown[row] === 0) continue;
    const x = positions[start] ?? 0;
    const y = positions[start + 1] ?? 0;
    const z = positions[start + 2] ?? 0;
    const w = m.wx * x + m.wy * y + m.wz * z + m.ww;
    const across = m.xx * x + m.xy * y + m.xz * z + m.xw;
    const down = m.yx * x + m.yy * y + m.yz * z + m.yw;
    // Most points lie beside the outline: they are done here, without a division. Where there is no place w is NaN.
    if (!(w > 0) || across < box.left * w || across >= box.right * w || down < box.top * w || down >= box.bottom * w) continue;
    if (mask[(Math.floor(down / w) - box.top) * columns + Math.floor(across / w) - box.left] !== 1) continue;
    rows[found] = row;
    found += 1;
  }
  return rows.slice(0, found);
}

/** The row of the shown point nearest to a place, at most `reach` pixels away; -1 for none. */
export function nearestRow(positions: Float32Array, isShown: Uint8Array, view: View, place: Place, reach: number): number {
  const m = projection(view);
  let [found, least] = [-1, reach * reach];
  for (let row = 0, start = 0; row < isShown.length; row += 1, start += 3) {
    if (isShown[row] === 0) continue;
    const x = positions[start] ?? 0;
    const y = positions[start + 1] ?? 0;
    const z = positions[start + 2] ?? 0;
    const w = m.wx * x + m.wy * y + m.wz * z + m.ww;
    if (!(w > 0)) continue;
    const right = (m.xx * x + m.xy * y + m.xz * z + m.xw) / w - place.x;
    const below = (m.yx * x + m.yy * y + m.yz * z + m.yw) / w - place.y;
    const distance = right * right + below * below;
    if (distance >= least) continue;
    found = row;
    least = distance;
  }
  return found;
}

/** Where a point is on the picture; null for one beside it, behind the eye or nowhere. */
export function placeOfRow(positions: Float32Array, row: number, view: View): Place | null {
  const m = projection(view);
  const [x, y, z] = [positions[row * 3] ?? NaN, positions[row * 3 + 1] ?? NaN, positions[row * 3 + 2] ?? NaN];
  const w = m.wx * x + m.wy * y + m.wz * z + m.ww;
  if (!(w > 0)) return null;
  const place = { x: (m.xx * x + m.xy * y + m.xz * z + m.xw) / w, y: (m.yx * x + m.yy * y + m.yz * z + m.yw) / w };
  return place.x >= 0 && place.x <= view.width && place.y >= 0 && place.y <= view.height ? place : null;
}

/** What takes a point to the pixels of the picture, times w: w is not above 0 behind the eye. */
export function projection({ matrix, width, height }: View) {
  const at = (index: number) => matrix[index] ?? 0;
  const [halfWidth, halfHeight] = [width / 2, height / 2];
  const across = (index: number) => (at(index) + at(index + 3)) * halfWidth;
  const down = (index: number) => (at(index + 3) - at(index + 1)) * halfHeight;
  return {
    xx: across(0), xy: across(4), xz: across(8), xw: across(12),
    yx: down(0), yy: down(4), yz: down(8), yw: down(12),
    wx: at(3), wy: at(7), wz: at(11), ww: at(15),
  };
}

/** The pixels around an outline that are on the picture. */
function boxOf(outline: readonly Place[], { width, height }: View) {
  const box = { left: width, top: height, right: 0, bottom: 0 };
  for (const { x, y } of outline) {
    box.left = Math.min(box.left, x);
    box.right = Math.max(box.right, x);
    box.top = Math.min(box.top, y);
    box.bottom = Math.max(box.bottom, y);
  }
  return { left: clamp(Math.floor(box.left), width), top: clamp(Math.floor(box.top), height), right: clamp(Math.ceil(box.right), width), bottom: clamp(Math.ceil(box.bottom), height) };
}

/** width × height pixels, 1 inside the closed outline (even-odd rule, by the middle of each pixel). */
export function fill(outline: readonly Place[], width: number, height: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  for (let row = 0; row < height; row += 1) {
    const y = row + 0.5;
    const crossings: number[] = [];
    let from = outline.at(-1);
    for (const to of outline) {
      if (from && from.y <= y !== to.y <= y) crossings.push(from.x + ((y - from.y) / (to.y - from.y)) * (to.x - from.x));
      from = to;
    }
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
