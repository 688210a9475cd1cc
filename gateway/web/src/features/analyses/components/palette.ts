import type { PointValues } from "@/features/analyses/api/point-values";

// Okabe and Ito's colours, which people with any colour vision can tell apart, then kin of them; each is seen on white and on black.
const CLASSES = [
  "#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#b8a300",
  "#8c6bb1", "#7f9f3f", "#c44e52", "#4db6ac", "#a1724e", "#6a7fdb", "#e377c2",
];
const OTHERS = "#7b8794";
const NONE = "#aab2bb";
/** Of the scale of numbers, from low to high. */
export const SCALE = ["#2c5aa0", "#4f8fb8", "#8dbf9a", "#d9c55b", "#f08a24"];
const STEPS = 256;
/** What agreement says has colours of its own. */
const MEANT: Readonly<Record<string, string>> = { right: "#009e73", wrong: "#d55e00" };

/** What a legend line stands for: a class, all classes beyond those with a colour, or points without one. */
export type LegendKey = string | typeof OTHER_CLASSES | typeof NO_CLASS;
export const OTHER_CLASSES = Symbol("others");
export const NO_CLASS = Symbol("none");

export interface LegendEntry {
  key: LegendKey;
  color: string;
  count: number;
}

/** Which class has which colour: the same on all maps that are compared. */
export interface ClassColors {
  keys: LegendKey[];
  colors: string[];
  /** Index of the line of `keys` by class. */
  lineOf: ReadonlyMap<string, number>;
}

/** Gives the classes of one or more maps their colours, those of the first map first. */
export function classColors(maps: readonly (PointValues | undefined)[]): ClassColors {
  const names = [...new Set(maps.flatMap((values) => (values?.kind === "classes" ? values.values : [])))];
  const named = names.slice(0, names.length === CLASSES.length + 1 ? names.length : CLASSES.length);
  const colors = named.map((name, index) => MEANT[name] ?? CLASSES[index % CLASSES.length] ?? OTHERS);
  return {
    keys: [...named, OTHER_CLASSES, NO_CLASS],
    colors: [...colors, OTHERS, NONE],
    lineOf: new Map(names.map((name, index) => [name, Math.min(index, named.length)])),
  };
}

/** For each of N points the index of its line in the legend. */
export function linesOf(values: PointValues | undefined, count: number, { keys, lineOf }: ClassColors): Uint16Array {
  const none = keys.length - 1;
  if (values?.kind !== "classes") return new Uint16Array(count).fill(none);
  const { codes } = values;
  // One place more than there are classes: whatever lies beyond them is no class.
  const last = values.values.length;
  const lineOfCode = Uint16Array.from([...values.values.map((name) => lineOf.get(name) ?? none), none]);
  const lines = new Uint16Array(count);
  for (let row = 0; row < count; row += 1) lines[row] = lineOfCode[Math.min(codes[row] ?? last, last)] ?? none;
  return lines;
}

/** The lines of the legend that have points, with how many; `mask` is N, 0 for those that do not count. */
export function legendOf(lines: Uint16Array, colors: ClassColors, mask?: Uint8Array): LegendEntry[] {
  const counts = new Uint32Array(colors.keys.length);
  for (let row = 0; row < lines.length; row += 1) {
    const line = lines[row] ?? 0;
    if (mask?.[row] !== 0) counts[line] = (counts[line] ?? 0) + 1;
  }
  return entriesOf(counts, colors);
}

/** The same of some rows. */
export function legendOfRows(rows: Uint32Array, lines: Uint16Array, colors: ClassColors): LegendEntry[] {
  const counts = new Uint32Array(colors.keys.length);
  for (let index = 0; index < rows.length; index += 1) {
    const line = lines[rows[index] ?? 0] ?? 0;
    counts[line] = (counts[line] ?? 0) + 1;
  }
  return entriesOf(counts, colors);
}

function entriesOf(counts: Uint32Array, { keys, colors }: ClassColors): LegendEntry[] {
  return keys.map((key, line): LegendEntry => ({ key, color: colors[line] ?? NONE, count: counts[line] ?? 0 })).filter((entry) => entry.count > 0);
}

/** Least and greatest number; undefined where there is none. */
export function rangeOf(values: PointValues | undefined): { low: number; high: number } | undefined {
  if (values?.kind !== "numbers") return undefined;
  let [low, high] = [Infinity, -Infinity];
  for (const value of values.numbers) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? { low, high } : undefined;
}

/** The last byte of a tint: whether a point is drawn. */
const HIDDEN = 0;
const SHOWN = 255;

/** What a map is painted with. */
export interface Tint {
  /** N × 4 bytes: red, green, blue of each point, and 0 for what is not drawn, else 255. */
  bytes: Uint8Array;
  /** N, 0 for what is not drawn. */
  isShown: Uint8Array;
}

/** The tints of classes: of the hidden ones nothing is drawn. */
export function classTint(lines: Uint16Array, { keys, colors }: ClassColors, hidden: ReadonlySet<LegendKey>): Tint {
  const table = Uint32Array.from(keys, (key, line) => pack(colors[line] ?? NONE, hidden.has(key) ? HIDDEN : SHOWN));
  const isLineShown = Uint8Array.from(keys, (key) => (hidden.has(key) ? 0 : 1));
  const words = new Uint32Array(lines.length);
  const isShown = new Uint8Array(lines.length);
  for (let row = 0; row < lines.length; row += 1) {
    const line = lines[row] ?? 0;
    words[row] = table[line] ?? 0;
    isShown[row] = isLineShown[line] ?? 0;
  }
  return { bytes: new Uint8Array(words.buffer), isShown };
}

/** The tints of numbers on the scale; those that have none are grey. */
export function numberTint(numbers: Float32Array, { low, high }: { low: number; high: number }): Tint {
  const table = Uint32Array.from({ length: STEPS }, (_, step) => pack(scaleColor(step / (STEPS - 1)), SHOWN));
  const none = pack(NONE, SHOWN);
  const span = high - low || 1;
  const words = new Uint32Array(numbers.length);
  for (let row = 0; row < numbers.length; row += 1) {
    const step = Math.round((((numbers[row] ?? NaN) - low) / span) * (STEPS - 1));
    words[row] = table[step] ?? none;
  }
  return { bytes: new Uint8Array(words.buffer), isShown: new Uint8Array(numbers.length).fill(1) };
}

/** One little-endian word: red in its lowest byte, whether it is drawn in its highest. */
function pack(color: string, shown: number): number {
  const value = Number.parseInt(color.slice(1), 16);
  return (((value >> 16) & 255) | (value & 0xff00) | ((value & 255) << 16) | (shown << 24)) >>> 0;
}

/** The colour at a share in [0, 1] of the scale. */
function scaleColor(share: number): string {
  const place = share * (SCALE.length - 1);
  const [from, to] = [channels(SCALE[Math.floor(place)] ?? NONE), channels(SCALE[Math.ceil(place)] ?? NONE)];
  const mixed = from.map((channel, index) => Math.round(channel + ((to[index] ?? 0) - channel) * (place % 1)));
  return `#${mixed.map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}

function channels(color: string): number[] {
  return [1, 3, 5].map((start) => Number.parseInt(color.slice(start, start + 2), 16));
}
