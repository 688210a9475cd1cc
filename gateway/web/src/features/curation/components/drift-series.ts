import type { DriftPoint } from "@/features/curation/api/drift-watch";
import type { Schemas } from "@/lib/api/client";

export type TraitKind = NonNullable<Schemas["DriftTrait"]["kind"]>;
export const MEASURES = ["unlike", "unsure", "wrong", "KIND_BRIGHTNESS", "KIND_CONTRAST", "KIND_SHARPNESS", "KIND_WIDTH", "KIND_HEIGHT"] as const;
export type Measure = (typeof MEASURES)[number];

/** Lines that tell apart what one sees at a time. */
export const MOST_LINES = 8;
/** From this share of unlike images on, training again is advised. */
export const RETRAIN_SHARE = 0.1;
const USUAL = { unlike: 0.01, unsure: 0.05 } as const;

export interface Dot {
  point: DriftPoint;
  /** From the left, in [0, 1]. */
  x: number;
  value: number;
}

export interface Series {
  /** Value of the group. */
  group: string;
  dots: Dot[];
}

export interface Threshold {
  kind: "usual" | "retrain";
  value: number;
}

export interface Chart {
  series: Series[];
  thresholds: Threshold[];
  low: number;
  high: number;
  /** The days on the axis, the oldest first. */
  days: string[];
}

/** What is drawn of a measure: undefined where the point does not have it. */
export function valueOf(point: DriftPoint, measure: Measure): number | undefined {
  const group = point.group;
  switch (measure) {
    case "unlike":
      return group?.unlikeShare ?? 0;
    case "unsure":
      return group?.unsureShare ?? 0;
    case "wrong":
      return (group?.labelledCount ?? 0) > 0 ? (group?.wrongShare ?? 0) : undefined;
    default:
      return group?.traits?.find((trait) => trait.kind === measure)?.median;
  }
}

export const isShare = (measure: Measure) => measure === "unlike" || measure === "unsure" || measure === "wrong";

/** The lines of a measure over time: one for each group, those with most images first. Points that were too small to be judged are left out. */
export function chartOf(points: readonly DriftPoint[], measure: Measure): Chart {
  const judged = [...points].reverse().filter((point) => (point.group?.imageCount ?? 0) >= 10 && valueOf(point, measure) !== undefined);
  const days = [...new Set(judged.map((point) => point.date ?? ""))].sort();
  const placeOf = new Map(days.map((day, index) => [day, days.length > 1 ? index / (days.length - 1) : 0.5]));
  const groups = new Map<string, Dot[]>();
  for (const point of judged) {
    const group = point.group?.value ?? "";
    const dots = groups.get(group) ?? [];
    dots.push({ point, x: placeOf.get(point.date ?? "") ?? 0, value: valueOf(point, measure) ?? 0 });
    groups.set(group, dots);
  }
  const series = [...groups].map(([group, dots]) => ({ group, dots })).sort((one, other) => images(other) - images(one)).slice(0, MOST_LINES);
  series.sort((one, other) => one.group.localeCompare(other.group));
  const thresholds = thresholdsOf(judged, measure);
  const values = [...series.flatMap((each) => each.dots.map((dot) => dot.value)), ...thresholds.map((each) => each.value)];
  const high = Math.max(...values, isShare(measure) ? 0.02 : Number.MIN_VALUE);
  const low = isShare(measure) ? 0 : Math.min(...values, high);
  const room = (high - low || Math.abs(high) || 1) * 0.08;
  return { series, thresholds, low: isShare(measure) ? 0 : low - room, high: high + room, days };
}

function images(series: Series): number {
  return series.dots.reduce((sum, dot) => sum + (dot.point.group?.imageCount ?? 0), 0);
}

function thresholdsOf(points: readonly DriftPoint[], measure: Measure): Threshold[] {
  if (measure === "unlike") return [{ kind: "usual", value: USUAL.unlike }, { kind: "retrain", value: RETRAIN_SHARE }];
  if (measure === "unsure") return [{ kind: "usual", value: USUAL.unsure }];
  if (measure === "wrong") return [];
  const newest = points.at(-1)?.group?.traits?.find((trait) => trait.kind === measure);
  return newest ? [{ kind: "usual", value: newest.usualLow ?? 0 }, { kind: "usual", value: newest.usualHigh ?? 0 }] : [];
}
