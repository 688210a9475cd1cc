import { NO_CODE, type PointValues } from "@/features/analyses/api/point-values";

// Okabe and Ito's colours, which people with any colour vision can tell apart, then darker and lighter kin of them.
const CLASSES = [
  "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a300",
  "#004a75", "#8f6300", "#00634a", "#8a3c00", "#8f4f72", "#2e7fb0", "#7a6c00",
];
const NONE = "#8b949e";
/** Ends of the scale of numbers. */
export const LOW = "#0072b2";
export const HIGH = "#e69f00";

export interface LegendEntry {
  value: string | null;
  color: string;
  count: number;
}

export interface Coloring {
  /** N × 3, red, green and blue in [0, 1]. */
  rgb: Float32Array;
  legend: LegendEntry[];
  /** Least and greatest number, where numbers colour the points. */
  range?: { low: number; high: number };
}

/** The colours with all but the selected rows faded; as they are where nothing is selected. */
export function emphasized(rgb: Float32Array, selected: readonly number[]): Float32Array {
  if (selected.length === 0) return rgb;
  const grey = channels(NONE);
  const faded = rgb.map((channel, index) => channel * 0.25 + (grey[index % 3] ?? 0) * 0.75);
  for (const row of selected) faded.set(rgb.subarray(row * 3, row * 3 + 3), row * 3);
  return faded;
}

/** The rows whose class is not hidden; null stands for those without a class. */
export function rowsShown(values: PointValues | undefined, count: number, hidden: ReadonlySet<string | null>): Uint32Array {
  const rows = Uint32Array.from({ length: count }, (_, row) => row);
  if (hidden.size === 0 || values?.kind !== "classes") return rows;
  return rows.filter((row) => !hidden.has(values.values[values.codes[row] ?? NO_CODE] ?? null));
}

export function colorOf(code: number): string {
  return code === NO_CODE ? NONE : (CLASSES[code % CLASSES.length] ?? NONE);
}

export function coloring(values: PointValues | undefined, count: number): Coloring {
  const rgb = new Float32Array(count * 3);
  if (values?.kind === "numbers") return byNumber(values.numbers, rgb);
  const counts = new Map<number, number>();
  for (let row = 0; row < count; row += 1) {
    const code = values?.codes[row] ?? NO_CODE;
    counts.set(code, (counts.get(code) ?? 0) + 1);
    rgb.set(channels(colorOf(code)), row * 3);
  }
  const legend = [...counts]
    .sort(([one], [other]) => one - other)
    .map(([code, found]) => ({ value: values?.values[code] ?? null, color: colorOf(code), count: found }));
  return { rgb, legend };
}

function byNumber(numbers: Float32Array, rgb: Float32Array): Coloring {
  const known = numbers.filter((value) => !Number.isNaN(value));
  const low = known.reduce((least, value) => Math.min(least, value), Infinity);
  const high = known.reduce((most, value) => Math.max(most, value), -Infinity);
  const span = high - low || 1;
  const [from, to, none] = [channels(LOW), channels(HIGH), channels(NONE)];
  numbers.forEach((value, row) => {
    const share = (value - low) / span;
    const mixed = from.map((channel, index) => channel + ((to[index] ?? 0) - channel) * share);
    rgb.set(Number.isNaN(value) ? none : mixed, row * 3);
  });
  return { rgb, legend: [], ...(known.length > 0 && { range: { low, high } }) };
}

function channels(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16) / 255);
}
