import type { ShownBox } from "@/features/images/components/boxes";
import { keptState } from "@/lib/kept-state";

interface OverlayOptions {
  predicted: boolean;
  truth: boolean;
  /** Predicted boxes below are not drawn; in [0, 1]. */
  minConfidence: number;
  /** Classes that are not drawn. */
  hidden: string[];
}

/** Which boxes somebody wants to see on an image. */
export const overlayOptions = keptState<OverlayOptions>("loupe.overlay", { predicted: true, truth: true, minConfidence: 0, hidden: [] });

/** Those of the boxes that are wanted. */
export function wanted({ predicted, truth, minConfidence, hidden }: OverlayOptions, boxes: readonly ShownBox[]): ShownBox[] {
  return boxes.filter(({ label, confidence }) => !hidden.includes(label) && (confidence === undefined ? truth : predicted && confidence >= minConfidence));
}
