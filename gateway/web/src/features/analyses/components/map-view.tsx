import { useEffect, useRef, useState, type PointerEvent } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ui/notice";
import type { Coordinates } from "@/features/analyses/api/coordinates";
import { Scatter, type ScreenBox } from "@/features/analyses/components/scatter";

const REACH_PIXELS = 12;

interface MapViewProps {
  label: string;
  coordinates: Coordinates;
  rgb: Float32Array;
  /** The rows that are drawn. */
  shown: Uint32Array;
  /** Rows that a box was drawn around, or the one that was clicked. */
  onSelect: (rows: number[]) => void;
}

interface Place {
  x: number;
  y: number;
}

/** The picture of a map; Shift and drag draws a box that selects, a click selects one point. */
export function MapView({ label, coordinates, rgb, shown, onSelect }: MapViewProps) {
  const { t } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const scatter = useRef<Scatter | null>(null);
  const [isDrawable, setIsDrawable] = useState(true);
  const [box, setBox] = useState<ScreenBox | null>(null);
  const begun = useRef<(Place & { isBox: boolean }) | null>(null);

  useEffect(() => {
    const drawn = host.current && scatterIn(host.current, coordinates.columns);
    if (!drawn) {
      setIsDrawable(false);
      return;
    }
    scatter.current = drawn;
    return () => {
      scatter.current = null;
      drawn.dispose();
    };
  }, [coordinates]);
  useEffect(() => { scatter.current?.paint(rgb); }, [coordinates, rgb]);
  useEffect(() => { scatter.current?.show(shown); }, [coordinates, shown]);

  const begin = (event: PointerEvent) => {
    begun.current = { ...placeOf(event), isBox: event.shiftKey };
    if (event.shiftKey) scatter.current?.setMovable(false);
  };
  const move = (event: PointerEvent) => {
    if (begun.current?.isBox) setBox(boxOf(begun.current, placeOf(event)));
  };
  const end = (event: PointerEvent) => {
    const [from, to] = [begun.current, placeOf(event)];
    begun.current = null;
    setBox(null);
    scatter.current?.setMovable(true);
    if (!from || !scatter.current) return;
    if (from.isBox) onSelect(scatter.current.rowsIn(boxOf(from, to)));
    else if (Math.hypot(from.x - to.x, from.y - to.y) < 4) {
      const row = scatter.current.nearest(to, REACH_PIXELS);
      onSelect(row === undefined ? [] : [row]);
    }
  };

  if (!isDrawable) return <ErrorNotice error={new Error(t("maps.noWebgl"))} />;
  return (
    <div className="relative h-[34rem] touch-none overflow-hidden rounded-lg border border-line bg-surface select-none" onPointerDownCapture={begin} onPointerMove={move} onPointerUp={end}>
      <div ref={host} className="size-full" role="img" aria-label={label} />
      {box && <div className="pointer-events-none absolute border border-accent bg-accent/15" style={{ left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top }} />}
      <span className="pointer-events-none absolute bottom-2 left-3 text-xs text-quiet">{t("maps.drag")}</span>
    </div>
  );
}

/** The drawing; null where the browser has no WebGL. */
function scatterIn(host: HTMLElement, columns: readonly Float32Array[]): Scatter | null {
  try {
    return new Scatter(host, columns);
  } catch {
    return null;
  }
}

function placeOf(event: PointerEvent): Place {
  const frame = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - frame.left, y: event.clientY - frame.top };
}

function boxOf(from: Place, to: Place): ScreenBox {
  return { left: Math.min(from.x, to.x), right: Math.max(from.x, to.x), top: Math.min(from.y, to.y), bottom: Math.max(from.y, to.y) };
}
