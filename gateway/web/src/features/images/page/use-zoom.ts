import { useCallback, useEffect, useRef, useState, type PointerEvent, type RefObject } from "react";
import { useSize } from "@/features/images/grid/use-size";

const MOST = 40;
// A scan of 100,000 lines is seen whole.
const LEAST = 0.002;
const WHEEL = 0.0015;

/** Where a picture lies in its frame: CSS pixels of its left upper corner, and CSS pixels for one of its own. */
export interface View {
  x: number;
  y: number;
  scale: number;
}

/** The whole picture in the middle of the frame. */
export function fitted(width: number, height: number, frameWidth: number, frameHeight: number): View {
  const scale = Math.min(frameWidth / width, frameHeight / height);
  return { scale, x: (frameWidth - width * scale) / 2, y: (frameHeight - height * scale) / 2 };
}

/** Larger or smaller by a factor, while the point (x, y) of the frame stays over the same spot of the picture. */
export function zoomed(view: View, factor: number, x: number, y: number): View {
  const scale = Math.min(MOST, Math.max(LEAST, view.scale * factor));
  const by = scale / view.scale;
  return { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by };
}

/** Zooming by wheel and pinch, moving by dragging; `image` names the picture: a new one is fitted again. */
export function useZoom(frame: RefObject<HTMLDivElement | null>, width: number, height: number, image: string) {
  const frameSize = useSize(frame);
  const [frameWidth, frameHeight] = frameSize;
  const [chosen, setChosen] = useState<{ image: string; view: View }>();
  const whole = fitted(width, height, frameWidth, frameHeight);
  const view = chosen?.image === image ? chosen.view : whole;
  const current = useRef(view);
  useEffect(() => { current.current = view; });
  const pointers = useRef(new Map<number, { x: number; y: number }>());

  const set = useCallback((next: View) => { current.current = next; setChosen({ image, view: next }); }, [image]);
  const zoomBy = (factor: number) => { set(zoomed(current.current, factor, frameWidth / 2, frameHeight / 2)); };

  useEffect(() => {
    const target = frame.current;
    if (!target) return;
    // React's own wheel handlers cannot keep the page from scrolling.
    const turn = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top } = target.getBoundingClientRect();
      // A pinch on a touch pad comes as a wheel with Ctrl and small steps.
      const factor = Math.exp(-event.deltaY * (event.ctrlKey ? 8 : 1) * WHEEL);
      set(zoomed(current.current, factor, event.clientX - left, event.clientY - top));
    };
    target.addEventListener("wheel", turn, { passive: false });
    return () => { target.removeEventListener("wheel", turn); };
  }, [frame, set]);

  const onPointerDown = (event: PointerEvent) => {
    event.currentTarget.setPointerCapture(event.pointerId);
    pointers.current.set(event.pointerId, { x: event.clientX, y: event.clientY });
  };
  const onPointerMove = (event: PointerEvent) => {
    const before = pointers.current.get(event.pointerId);
    if (!before) return;
    const now = { x: event.clientX, y: event.clientY };
    const other = [...pointers.current].find(([id]) => id !== event.pointerId)?.[1];
    pointers.current.set(event.pointerId, now);
    if (!other) {
      set({ ...current.current, x: current.current.x + now.x - before.x, y: current.current.y + now.y - before.y });
      return;
    }
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const factor = Math.hypot(now.x - other.x, now.y - other.y) / Math.max(1, Math.hypot(before.x - other.x, before.y - other.y));
    set(zoomed(current.current, factor, (now.x + other.x) / 2 - left, (now.y + other.y) / 2 - top));
  };
  const onPointerUp = (event: PointerEvent) => { pointers.current.delete(event.pointerId); };

  return {
    view,
    frameSize,
    isFitted: chosen?.image !== image,
    zoomBy,
    fit: () => { setChosen(undefined); },
    actual: () => { set(zoomed(current.current, 1 / current.current.scale, frameWidth / 2, frameHeight / 2)); },
    handlers: { onPointerDown, onPointerMove, onPointerUp, onPointerCancel: onPointerUp },
  };
}
