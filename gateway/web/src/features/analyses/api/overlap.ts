import type { Coordinates } from "@/features/analyses/api/coordinates";

/** Neighbours looked at, as in the quality of a map. */
const NEIGHBOURS = 15;
/** Images whose neighbours are compared, and images among which neighbours are searched: some 3 million distances a map. */
const QUERIES = 300;
const REFERENCE = 5_000;

/** How much two maps of the same images agree. */
export interface Overlap {
  /** Mean share of an image's nearest neighbours on one map that are among its nearest on the other, in [0, 1]. */
  share: number;
  /** What that would be if one of the maps were shuffled. */
  chance: number;
  /** Images that were looked at. */
  images: number;
}

/** Compares the neighbourhoods on two maps, on an even sample of the images that both have; undefined where these are too few. */
export function overlapOf(one: Coordinates, other: Coordinates): Overlap | undefined {
  const [mine, others] = sharedRows(one, other);
  const images = mine.length;
  const near = Math.min(NEIGHBOURS, Math.floor((images - 1) / 3));
  if (near < 1) return undefined;
  const queries = spread(images, QUERIES);
  let shared = 0;
  for (const query of queries) {
    const here = nearest(one.columns, mine, query, near);
    const there = new Set(nearest(other.columns, others, query, near));
    shared += here.filter((each) => there.has(each)).length;
  }
  return { share: shared / (queries.length * near), chance: near / (images - 1), images };
}

/** Rows of the same images on both maps, where both have a place for them. */
function sharedRows(one: Coordinates, other: Coordinates): [number[], number[]] {
  const mine: number[] = [];
  const others: number[] = [];
  // More are drawn than are needed, because some may be on one map only.
  for (const row of spread(one.count, 4 * REFERENCE)) {
    if (mine.length === REFERENCE) break;
    const [match] = other.ids.rowsOf([one.ids.at(row)]);
    if (match === undefined || !hasPlace(one, row) || !hasPlace(other, match)) continue;
    mine.push(row);
    others.push(match);
  }
  return [mine, others];
}

function hasPlace({ columns }: Coordinates, row: number): boolean {
  return columns.every((column) => Number.isFinite(column[row] ?? NaN));
}

/** At most `wanted` of 0 to `count` - 1, in an order in which every beginning is spread evenly over all. */
function spread(count: number, wanted: number): number[] {
  const step = coprimeNear(count * 0.618, count);
  return Array.from({ length: Math.min(count, wanted) }, (_, index) => (index * step) % count);
}

/** A number near `start` that has no divisor in common with `count`: its multiples reach every remainder. */
function coprimeNear(start: number, count: number): number {
  let step = Math.max(1, Math.round(start));
  while (greatestDivisor(step, count) !== 1) step += 1;
  return step;
}

function greatestDivisor(one: number, other: number): number {
  return other === 0 ? one : greatestDivisor(other, one % other);
}

/** The places in `rows` of the nearest others of one of them, nearest first. */
function nearest(columns: readonly Float32Array[], rows: readonly number[], query: number, wanted: number): number[] {
  const found: { place: number; squared: number }[] = [];
  const from = columns.map((column) => column[rows[query] ?? 0] ?? 0);
  for (let place = 0; place < rows.length; place += 1) {
    if (place === query) continue;
    let squared = 0;
    for (let axis = 0; axis < columns.length; axis += 1) squared += ((columns[axis]?.[rows[place] ?? 0] ?? 0) - (from[axis] ?? 0)) ** 2;
    const last = found[found.length - 1];
    if (found.length === wanted && last && squared >= last.squared) continue;
    if (found.length === wanted) found.pop();
    let at = found.length;
    while (at > 0 && (found[at - 1]?.squared ?? 0) > squared) at -= 1;
    found.splice(at, 0, { place, squared });
  }
  return found.map((each) => each.place);
}
