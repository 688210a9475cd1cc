import { useQuery } from "@tanstack/react-query";
import { useRef, useState, type PointerEvent } from "react";
import { isForBrowsers, mayNeedTiles, pixelsQuery, type ValueWindow } from "@/lib/api/pixels";
import type { Image } from "@/features/images/api/search";
import { adjusted, usualOf, wholeRange, withoutExtremes } from "@/features/images/page/value-window";
import { useSettled } from "@/lib/use-settled";

const DRAG = 1 / 400;
const NUDGE = 0.05;
const SETTLED_MS = 80;

/** How an image's values are looked at, and whether it comes as a file or as tiles; what somebody chose holds for the images after it. */
export function useValues(project: string, image: Image) {
  const [window, setWindow] = useState<ValueWindow>();
  const [isMeasuring, setMeasuring] = useState(false);
  const measure = isMeasuring || window !== undefined;
  const found = useQuery({ ...pixelsQuery(project, image, measure), enabled: Boolean(image.name) && (measure || mayNeedTiles(image)) });
  const measured = found.data?.levelCount ? found.data : undefined;
  const isPlain = found.data?.plain ?? isForBrowsers(image);
  // While somebody drags, the server draws for where he stops for a moment, not for each pixel in between.
  const settled = useSettled(window, SETTLED_MS);
  const drag = useRef<{ x: number; y: number; from: ValueWindow }>(undefined);

  const change = (by: number, factor: number) => {
    if (measured) setWindow(adjusted(window ?? usualOf(measured), measured, by, factor));
    else setMeasuring(true);
  };
  return {
    pixels: measured,
    error: found.error,
    isPending: found.isFetching && !measured,
    isPlain,
    /** Tiles are shown, above the file where there is one. */
    tiles: measured && (!isPlain || settled) ? measured : undefined,
    window,
    settled,
    setWindow,
    measure: () => { setMeasuring(true); },
    /** As it is, without its extremes, all of it, and again. */
    next: () => {
      if (!measured) { setMeasuring(true); return; }
      const [auto, full] = [withoutExtremes(measured), wholeRange(measured)];
      if (!window) setWindow(measured.bits === 8 ? auto : full);
      else if (isSame(window, auto) && !isSame(auto, full)) setWindow(full);
      else setWindow(undefined);
    },
    keys: {
      "[": () => { change(-NUDGE, 1); },
      "]": () => { change(NUDGE, 1); },
      "{": () => { change(0, 1 - 2 * NUDGE); },
      "}": () => { change(0, 1 + 2 * NUDGE); },
    },
    /** Dragging with Shift: to the side makes the window wider, up and down moves it. True: the event was for it. */
    dragged: (event: PointerEvent): boolean => {
      if (event.type === "pointerdown" && event.shiftKey && event.button === 0) {
        if (!measured) setMeasuring(true);
        else drag.current = { x: event.clientX, y: event.clientY, from: window ?? usualOf(measured) };
        event.currentTarget.setPointerCapture(event.pointerId);
        return true;
      }
      if (!drag.current) return false;
      if (event.type !== "pointermove") { drag.current = undefined; return true; }
      const { x, y, from } = drag.current;
      if (measured) setWindow(adjusted(from, measured, (event.clientY - y) * DRAG, Math.exp((event.clientX - x) * DRAG)));
      return true;
    },
  };
}

function isSame(one: ValueWindow, other: ValueWindow): boolean {
  return one.low === other.low && one.high === other.high;
}
