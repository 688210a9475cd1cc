import { projection, type View } from "@/features/analyses/components/region";
import type { Tint } from "@/features/analyses/components/palette";

/** Points of one colour on the screen, none twice at the same half pixel. */
export interface Dots {
  /** `#rrggbb`. */
  color: string;
  /** Whether they stand out, fade, or are like all others. */
  emphasis: "marked" | "faded" | "plain";
  /** x and y of each, in pixels of the picture. */
  places: [number, number][];
}

const STEPS = 2;
const ORDER = { faded: 0, plain: 1, marked: 2 } as const;

/**
 * What is seen of a map, as discs: what lies on top last.
 *
 * @param positions N × 3 in the cube of the points; NaN is nowhere.
 * @param marks N, 1 for the points that stand out; null: all are alike.
 */
export function dotsOf(positions: Float32Array, tint: Tint, marks: Uint8Array | null, view: View): Dots[] {
  const m = projection(view);
  const words = new Uint32Array(tint.bytes.buffer, tint.bytes.byteOffset, tint.isShown.length);
  const width = STEPS * view.width;
  const seen = new Map<string, { dots: Dots; taken: Set<number> }>();
  for (let row = 0; row < words.length; row += 1) {
    if (tint.isShown[row] === 0) continue;
    const [x, y, z] = [positions[3 * row] ?? 0, positions[3 * row + 1] ?? 0, positions[3 * row + 2] ?? 0];
    const w = m.wx * x + m.wy * y + m.wz * z + m.ww;
    if (!(w > 0)) continue;
    const across = Math.round((STEPS * (m.xx * x + m.xy * y + m.xz * z + m.xw)) / w);
    const down = Math.round((STEPS * (m.yx * x + m.yy * y + m.yz * z + m.yw)) / w);
    if (across < 0 || down < 0 || across >= width || down >= STEPS * view.height) continue;
    const emphasis = marks === null ? "plain" : marks[row] === 1 ? "marked" : "faded";
    const color = hex(words[row] ?? 0);
    const key = emphasis + color;
    let group = seen.get(key);
    if (!group) seen.set(key, (group = { dots: { color, emphasis, places: [] }, taken: new Set() }));
    const place = down * width + across;
    if (group.taken.has(place)) continue;
    group.taken.add(place);
    group.dots.places.push([across / STEPS, down / STEPS]);
  }
  return [...seen.values()].map(({ dots }) => dots).sort((one, other) => ORDER[one.emphasis] - ORDER[other.emphasis]);
}

/** Of a word with red in its lowest byte. */
function hex(word: number): string {
  return `#${[word & 255, (word >> 8) & 255, (word >> 16) & 255].map((channel) => channel.toString(16).padStart(2, "0")).join("")}`;
}
