import { keptState } from "@/lib/kept-state";

export const SIZES = { min: 72, max: 360 };

interface ViewOptions {
  /** Width of a tile, at least, in CSS pixels. */
  size: number;
  captions: boolean;
  boxes: boolean;
  tags: boolean;
}

/** How somebody likes the grid. */
export const viewOptions = keptState<ViewOptions>("loupe.grid", { size: 152, captions: true, boxes: true, tags: false });
