export const GAP = 8;
const CAPTION = 40;
// Rows beyond the edge that are there already when one scrolls to them.
const OVERSCAN = 2;

/** How tiles lie in a grid; lengths in CSS pixels. */
export interface Geometry {
  columns: number;
  /** Width and height of a picture. */
  side: number;
  /** From the top of one row to the top of the next. */
  rowHeight: number;
  /** Of all rows. */
  height: number;
}

/** Tiles of at least `size` in a width; all have the same height, whatever they show, so that nothing jumps. */
export function geometry(width: number, size: number, hasCaptions: boolean, total: number): Geometry {
  const columns = Math.max(1, Math.floor((width + GAP) / (size + GAP)));
  const side = Math.floor((width - GAP * (columns - 1)) / columns);
  const rowHeight = side + (hasCaptions ? CAPTION : 0) + GAP;
  return { columns, side, rowHeight, height: Math.ceil(total / columns) * rowHeight };
}

/** First image and the one after the last that are drawn when the grid is scrolled by `top`. */
export function drawn({ columns, rowHeight, height }: Geometry, top: number, viewHeight: number, total: number): [number, number] {
  // There may be fewer images than when somebody scrolled there.
  const begin = Math.max(0, Math.min(top, height - viewHeight));
  const first = Math.max(0, Math.floor(begin / rowHeight) - OVERSCAN);
  const last = Math.ceil((begin + viewHeight) / rowHeight) + OVERSCAN;
  return [Math.min(first * columns, total), Math.min(last * columns, total)];
}

/** Those that are drawn and as many as a screen holds around them: their pages are there before one scrolls to them. */
export function ahead({ columns, rowHeight }: Geometry, [first, last]: [number, number], viewHeight: number, total: number): [number, number] {
  const more = Math.ceil(viewHeight / rowHeight) * columns;
  return [Math.max(0, first - more), Math.min(last + more, total)];
}

/** Where a tile lies in the list. */
export function placeOfTile({ columns, side, rowHeight }: Geometry, index: number): { top: number; left: number; width: number; height: number } {
  return { top: Math.floor(index / columns) * rowHeight, left: (index % columns) * (side + GAP), width: side, height: rowHeight - GAP };
}

/** Where to scroll so that an image is seen whole; undefined when it is. */
export function scrollTo({ columns, rowHeight }: Geometry, index: number, top: number, viewHeight: number): number | undefined {
  const begin = Math.floor(index / columns) * rowHeight;
  if (begin < top) return begin;
  return begin + rowHeight > top + viewHeight ? begin + rowHeight - viewHeight : undefined;
}
