import type { Image } from "@/features/images/api/search";
import { classColour } from "@/lib/class-colour";

export interface ShownBox {
  x: number;
  y: number;
  width: number;
  height: number;
  label: string;
  /** In [0, 1]; undefined for ground truth. */
  confidence?: number;
  /** Its place in the boxes of the prediction; undefined for ground truth. */
  object?: number;
}

/** What the project's model found, or another one of those that have seen the image. */
export function predictedBoxes(image: Image, model = 0): ShownBox[] {
  return (image.predictions?.[model]?.boxes?.boxes ?? []).map(({ x = 0, y = 0, width = 0, height = 0, label = "", confidence = 0 }, object) => ({ x, y, width, height, label, confidence, object }));
}

/** The boxes that people drew. */
export function labelBoxes(image: Image): ShownBox[] {
  return (image.labels ?? []).flatMap(({ box, displayName = "" }) =>
    box ? [{ x: box.x ?? 0, y: box.y ?? 0, width: box.width ?? 0, height: box.height ?? 0, label: displayName }] : []);
}

interface BoxesProps {
  image: Pick<Image, "width" | "height">;
  boxes: readonly ShownBox[];
}

/** Frames over a picture of the image that is shown whole (`object-contain`): ground truth is dashed. */
export function Boxes({ image, boxes }: BoxesProps) {
  if (boxes.length === 0) return null;
  return (
    <svg viewBox={`0 0 ${image.width ?? 1} ${image.height ?? 1}`} className="pointer-events-none absolute inset-0 size-full" aria-hidden>
      {boxes.map(({ label, confidence, x, y, width, height }, number) => (
        <g key={number} fill="none" vectorEffect="non-scaling-stroke">
          {/* A dark edge under the coloured one: either is seen on any surface. */}
          <rect className="stroke-black/60 [stroke-width:3.5]" vectorEffect="non-scaling-stroke" {...{ x, y, width, height }} />
          <rect className="[stroke-width:1.75]" stroke={classColour(label)} strokeDasharray={confidence === undefined ? "6 4" : undefined} vectorEffect="non-scaling-stroke" {...{ x, y, width, height }} />
        </g>
      ))}
    </svg>
  );
}
