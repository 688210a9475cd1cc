import { useEffect, useRef, useState, type CSSProperties, type KeyboardEvent, type PointerEvent, type ReactNode, type RefObject } from "react";
import { useTranslation } from "react-i18next";
import { ErrorNotice } from "@/components/ui/notice";
import type { Coordinates } from "@/features/analyses/api/coordinates";
import type { Tint } from "@/features/analyses/components/palette";
import { boxOutline, type Place } from "@/features/analyses/components/region";
import { Scatter } from "@/features/analyses/components/scatter";

export type Tool = "move" | "lasso" | "box";

/** Fewer pixels than this between press and release are a click. */
const CLICK_PIXELS = 4;

interface MapViewProps {
  label: string;
  coordinates: Coordinates;
  tint: Tint;
  /** N, 1 for the points that stand out; null: all are alike. */
  marks: Uint8Array | null;
  tool: Tool;
  /** The drawing, for tools beside it; null before and after. */
  scatterRef: RefObject<Scatter | null>;
  /** Rows inside an outline that was drawn; `isAdded` when they join those before. */
  onSelect: (rows: Uint32Array, isAdded: boolean) => void;
  /** A click on a point, or on none (-1). */
  onOpen: (row: number) => void;
  /** The row under the pointer, -1 for none; told when it changes. */
  onHover: (row: number) => void;
  /** The row that is pointed at on the map beside this one; -1 for none. */
  pointed: number;
  /** What is said about the point under the pointer. */
  renderHover: (row: number) => ReactNode;
}

/** The picture of a map, with what a pointer and a keyboard do to it. Shift and drag draws a lasso with any tool. */
export function MapView({ label, coordinates, tint, marks, tool, scatterRef, onSelect, onOpen, onHover, pointed, renderHover }: MapViewProps) {
  const { t } = useTranslation();
  const host = useRef<HTMLDivElement>(null);
  const [isDrawable, setIsDrawable] = useState(true);
  const [hover, setHover] = useState<{ row: number; beside: CSSProperties } | null>(null);
  const outline = useOutline(tool, scatterRef, onSelect, onOpen);

  useEffect(() => {
    const drawn = host.current && scatterIn(host.current, coordinates.columns);
    if (!drawn) {
      setIsDrawable(false);
      return;
    }
    scatterRef.current = drawn;
    return () => {
      scatterRef.current = null;
      drawn.dispose();
    };
  }, [coordinates, scatterRef]);
  useEffect(() => { scatterRef.current?.paint(tint); }, [coordinates, scatterRef, tint]);
  useEffect(() => { scatterRef.current?.mark(marks); }, [coordinates, scatterRef, marks]);
  const [ring, setRing] = useState<Place | null>(null);
  useEffect(() => { setRing(pointed < 0 ? null : (scatterRef.current?.placeOf(pointed) ?? null)); }, [coordinates, scatterRef, pointed]);
  const hoveredRow = hover?.row ?? -1;
  useEffect(() => { onHover(hoveredRow); }, [onHover, hoveredRow]);

  const move = (event: PointerEvent) => {
    outline.move(event);
    if (event.buttons !== 0 || event.pointerType === "touch") {
      setHover(null);
      return;
    }
    const place = placeOf(event);
    const row = scatterRef.current?.rowAt(place) ?? -1;
    setHover(row < 0 ? null : { row, beside: placeBeside(place, event.currentTarget) });
  };

  if (!isDrawable) return <ErrorNotice error={new Error(t("maps.noWebgl"))} />;
  return (
    <div
      className={`relative size-full touch-none overflow-hidden rounded-lg select-none ${tool === "move" ? (hover ? "cursor-pointer" : "cursor-grab active:cursor-grabbing") : "cursor-crosshair"}`}
      onPointerDownCapture={outline.begin}
      onPointerMove={move}
      onPointerUp={outline.end}
      onPointerLeave={() => { setHover(null); }}
    >
      {/* The keys do what the wheel and dragging do. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-element-interactions, jsx-a11y/no-noninteractive-tabindex */}
      <div ref={host} className="size-full" role="application" aria-label={label} aria-roledescription={t("maps.map")} tabIndex={0} onKeyDown={(event) => { steer(event, scatterRef.current); }} />
      <svg className="pointer-events-none absolute inset-0 size-full" aria-hidden>
        {outline.places.length > 1 && <polygon points={outline.places.map(({ x, y }) => `${x},${y}`).join(" ")} className="fill-accent/15 stroke-accent" strokeWidth={1.5} strokeDasharray="4 3" />}
      </svg>
      {ring && <span data-testid="pointed" className="pointer-events-none absolute size-5 -translate-1/2 rounded-full border-2 border-accent" style={{ left: ring.x, top: ring.y }} />}
      {hover && (
        <div className="pointer-events-none absolute z-10 w-48" style={hover.beside}>
          {renderHover(hover.row)}
        </div>
      )}
    </div>
  );
}

/** Draws an outline while the pointer is pressed; a press that does not move opens the point under it. */
function useOutline(tool: Tool, scatterRef: RefObject<Scatter | null>, onSelect: MapViewProps["onSelect"], onOpen: MapViewProps["onOpen"]) {
  const [places, setPlaces] = useState<Place[]>([]);
  const pressed = useRef<{ at: Place; drawing: Tool; isAdded: boolean; path: Place[] } | null>(null);

  const begin = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const drawing = tool === "move" && event.shiftKey ? "lasso" : tool;
    const at = placeOf(event);
    pressed.current = { at, drawing, isAdded: event.ctrlKey || event.metaKey || (tool !== "move" && event.shiftKey), path: [at] };
    if (drawing === "move") return;
    scatterRef.current?.setMovable(false);
    event.currentTarget.setPointerCapture(event.pointerId);
  };
  const move = (event: PointerEvent) => {
    const press = pressed.current;
    if (!press || press.drawing === "move") return;
    const here = placeOf(event);
    press.path = press.drawing === "box" ? boxOutline(press.at, here) : [...press.path, here];
    setPlaces(press.path);
  };
  const end = (event: PointerEvent) => {
    const press = pressed.current;
    pressed.current = null;
    setPlaces([]);
    scatterRef.current?.setMovable(true);
    if (!press || !scatterRef.current) return;
    const here = placeOf(event);
    const isClick = Math.hypot(here.x - press.at.x, here.y - press.at.y) < CLICK_PIXELS && press.path.length < 8;
    if (isClick) onOpen(scatterRef.current.rowAt(here));
    else if (press.drawing !== "move") onSelect(scatterRef.current.rowsIn(press.path), press.isAdded);
  };
  return { places, begin, move, end };
}

const STEP = 0.1;
const KEYS: Readonly<Record<string, (scatter: Scatter) => void>> = {
  "+": (scatter) => { scatter.zoom(1.25); },
  "=": (scatter) => { scatter.zoom(1.25); },
  "-": (scatter) => { scatter.zoom(0.8); },
  "0": (scatter) => { scatter.reset(); },
  ArrowLeft: (scatter) => { scatter.pan(-STEP, 0); },
  ArrowRight: (scatter) => { scatter.pan(STEP, 0); },
  ArrowUp: (scatter) => { scatter.pan(0, STEP); },
  ArrowDown: (scatter) => { scatter.pan(0, -STEP); },
};

function steer(event: KeyboardEvent, scatter: Scatter | null): void {
  const act = KEYS[event.key];
  if (!scatter || !act || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  act(scatter);
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

/** Beside the pointer, on the side where there is room. */
function placeBeside({ x, y }: Place, { clientWidth: width, clientHeight: height }: Element): CSSProperties {
  const across = x > width / 2 ? { right: width - x + 14 } : { left: x + 14 };
  return y > height / 2 ? { ...across, bottom: height - y + 14 } : { ...across, top: y + 14 };
}
