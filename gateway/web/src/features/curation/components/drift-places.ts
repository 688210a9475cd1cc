import type { Series } from "@/features/curation/components/drift-series";

/** A point of a chart: which line, and which point of it. */
export interface Place {
  series: number;
  dot: number;
}

/**
 * The point that is nearest to a pointer.
 *
 * @param at Where the pointer is, from the left and from the top, in pixels.
 * @param size Width and height of the chart in pixels.
 * @param topOf Where a value is, from the top, in [0, 1].
 */
export function nearest(series: readonly Series[], at: readonly [number, number], size: readonly [number, number], topOf: (value: number) => number): Place {
  let found: Place = { series: 0, dot: 0 };
  let least = Infinity;
  series.forEach(({ dots }, line) => {
    dots.forEach(({ x, value }, dot) => {
      const away = Math.hypot(x * size[0] - at[0], topOf(value) * size[1] - at[1]);
      if (away < least) [found, least] = [{ series: line, dot }, away];
    });
  });
  return found;
}

/** Where a key leads: left and right along a line, up and down to the next line near the same day; undefined for other keys. */
export function stepped(series: readonly Series[], { series: line, dot }: Place, key: string): Place | undefined {
  const dots = series[line]?.dots ?? [];
  const within = (index: number) => ({ series: line, dot: Math.min(Math.max(index, 0), dots.length - 1) });
  if (key === "ArrowLeft") return within(dot - 1);
  if (key === "ArrowRight") return within(dot + 1);
  if (key === "Home") return within(0);
  if (key === "End") return within(dots.length - 1);
  if (key !== "ArrowUp" && key !== "ArrowDown") return undefined;
  const next = (line + (key === "ArrowUp" ? -1 : 1) + series.length) % series.length;
  const x = dots[dot]?.x ?? 1;
  const away = (series[next]?.dots ?? []).map((each) => Math.abs(each.x - x));
  return { series: next, dot: away.indexOf(Math.min(...away)) };
}
