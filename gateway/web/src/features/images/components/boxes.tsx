import type { Image } from "@/features/images/api/search";

/** Frames around what a detector found, over a picture of the image that is shown whole (`object-contain`). */
export function Boxes({ image }: { image: Image }) {
  const boxes = image.predictions?.[0]?.boxes?.boxes;
  if (!boxes?.length) return null;
  return (
    <svg viewBox={`0 0 ${String(image.width ?? 1)} ${String(image.height ?? 1)}`} className="pointer-events-none absolute inset-0 size-full" aria-hidden>
      {boxes.map((box, number) => (
        <g key={number} fill="none">
          {/* A dark edge under the light one: either is seen on any surface. */}
          {["stroke-black/70 [stroke-width:4]", "stroke-yellow-300 [stroke-width:2]"].map((look) => (
            <rect key={look} className={look} vectorEffect="non-scaling-stroke" x={box.x ?? 0} y={box.y ?? 0} width={box.width ?? 0} height={box.height ?? 0} />
          ))}
        </g>
      ))}
    </svg>
  );
}
