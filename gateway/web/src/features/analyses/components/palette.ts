import { NO_CODE, type PointValues } from "@/features/analyses/api/point-values";

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
  const lineOfCode = values.values.map((name) => lineOf.get(name) ?? none);
  const lines = new Uint16Array(count);
  for (let row = 0; row < count; row += 1) lines[row] = lineOfCode[values.codes[row] ?? NO_CODE] ?? none;
  return lines;
}

/** The lines of the legend that have points, with how many; `mask` is N, 0 for those that do not count. */
export function legendOf(lines: Uint16Array, { keys, colors }: ClassColors, mask?: Uint8Array): LegendEntry[] {
  const counts = new Uint32Array(keys.length);
  for (let row = 0; row < lines.length; row += 1) {
    const line = lines[row] ?? 0;
    if (mask?.[row] !== 0) counts[line] = (counts[line] ?? 0) + 1;
  }
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

/** How strongly a point is drawn: the last byte of its tint. */
export const HIDDEN = 0;
export const FADED = 60;
export const PLAIN = 180;
export const MARKED = 255;

/** N × 4 bytes: red, green, blue and strength of each point. */
export interface Tint {
  bytes: Uint8Array;
  /** N, 0 for what is not drawn. */
  isShown: Uint8Array;
}

interface Emphasis {
  hidden: ReadonlySet<LegendKey>;
  /** Rows that stand out; null: all are alike. */
  marked: Uint32Array | null;
}

/** The tints of classes: of the hidden ones nothing is drawn. */
export function classTint(lines: Uint16Array, { keys, colors }: ClassColors, { hidden, marked }: Emphasis): Tint {
  const strength = marked ? FADED : PLAIN;
  const table = Uint32Array.from(keys, (key, line) => pack(colors[line] ?? NONE, hidden.has(key) ? HIDDEN : strength));
  const words = new Uint32Array(lines.length);
  for (let row = 0; row < lines.length; row += 1) words[row] = table[lines[row] ?? 0] ?? 0;
  return finish(words, marked);
}

/** The tints of numbers on the scale; those that have none are grey. */
export function numberTint(numbers: Float32Array, { low, high }: { low: number; high: number }, { marked }: Emphasis): Tint {
  const strength = marked ? FADED : PLAIN;
  const table = Uint32Array.from({ length: STEPS }, (_, step) => pack(scaleColor(step / (STEPS - 1)), strength));
  const none = pack(NONE, strength);
  const span = high - low || 1;
  const words = new Uint32Array(numbers.length);
  for (let row = 0; row < numbers.length; row += 1) {
    const step = Math.round((((numbers[row] ?? NaN) - low) / span) * (STEPS - 1));
    words[row] = table[step] ?? none;
  }
  return finish(words, marked);
}

function finish(words: Uint32Array, marked: Uint32Array | null): Tint {
  const isShown = new Uint8Array(words.length);
  for (let row = 0; row < words.length; row += 1) isShown[row] = (words[row] ?? 0) >>> 24 === HIDDEN ? 0 : 1;
  for (const row of marked ?? []) if (isShown[row]) words[row] = ((words[row] ?? 0) | (MARKED << 24)) >>> 0;
  return { bytes: new Uint8Array(words.buffer), isShown };
}

/** One little-endian word: red in its lowest byte, strength in its highest. */
function pack(color: string, strength: number): number {
  const value = Number.parseInt(color.slice(1), 16);
  return (((value >> 16) & 255) | (value & 0xff00) | ((value & 255) << 16) | (strength << 24)) >>> 0;
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
