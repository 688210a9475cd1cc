import type { Pixels, ValueWindow } from "@/lib/api/pixels";

/** The values that a window may lie among. */
export function domainOf(pixels: Pixels): ValueWindow {
  if (pixels.bits === 8) return { low: 0, high: 255 };
  const low = pixels.minimum ?? 0;
  return { low, high: Math.max(pixels.maximum ?? 0, low + 1e-9) };
}

/** What is shown where nobody chose: 8 bits as they are, others without their extremes. */
export function usualOf(pixels: Pixels): ValueWindow {
  return pixels.bits === 8 ? domainOf(pixels) : withoutExtremes(pixels);
}

/** Without the darkest and the brightest half percent. */
export function withoutExtremes(pixels: Pixels): ValueWindow {
  return ordered({ low: pixels.low ?? 0, high: pixels.high ?? 0 }, pixels);
}

/** From the smallest to the largest value. */
export function wholeRange(pixels: Pixels): ValueWindow {
  return ordered({ low: pixels.minimum ?? 0, high: pixels.maximum ?? 0 }, pixels);
}

/** Moved by a share of its own width, and made wider by a factor about its middle, within what there is. */
export function adjusted(window: ValueWindow, pixels: Pixels, by: number, factor: number): ValueWindow {
  const domain = domainOf(pixels);
  const width = Math.min(Math.max((window.high - window.low) * factor, step(pixels)), 2 * (domain.high - domain.low));
  const middle = Math.min(Math.max((window.low + window.high) / 2 + by * (window.high - window.low), domain.low), domain.high);
  return rounded({ low: middle - width / 2, high: middle + width / 2 }, pixels);
}

/** The smallest difference of two values that is of use. */
export function step(pixels: Pixels): number {
  const { low, high } = domainOf(pixels);
  return (pixels.bits ?? 0) <= 16 ? 1 : (high - low) / 1000;
}

function rounded(window: ValueWindow, pixels: Pixels): ValueWindow {
  if ((pixels.bits ?? 0) > 16) return window;
  return ordered({ low: Math.round(window.low), high: Math.round(window.high) }, pixels);
}

/** With an end above its beginning, also where all values are the same. */
export function ordered({ low, high }: ValueWindow, pixels: Pixels): ValueWindow {
  return { low, high: Math.max(high, low + step(pixels)) };
}
