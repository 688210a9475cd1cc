import type { Image } from "@/features/images/api/search";
import { percent } from "@/lib/format";

/** What the project's model said, in a few words; undefined where it said nothing yet. */
export function topPrediction(image: Image): string | undefined {
  const prediction = image.predictions?.[0];
  const score = prediction?.classScores?.scores?.[0];
  if (score) return `${score.label ?? ""} ${percent(score.confidence)}`;
  const boxes = prediction?.boxes?.boxes;
  if (!boxes) return undefined;
  const first = boxes[0];
  return first ? `${first.label ?? ""} ${percent(first.confidence)} (${boxes.length})` : "–";
}
