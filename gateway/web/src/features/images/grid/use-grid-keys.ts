import { useEffect, useRef, type KeyboardEvent, type RefObject } from "react";
import type { Geometry } from "@/features/images/grid/geometry";
import { usePageKeys } from "@/lib/use-page-keys";

interface GridKeys {
  frame: RefObject<HTMLElement | null>;
  grid: Geometry;
  active: number;
  total: number;
  viewHeight: number;
  /** `isRange`: everything from where one began belongs to the selection. */
  onMove: (index: number, isRange: boolean) => void;
  onPick: (index: number) => void;
  onOpen: (index: number) => void;
  onAll: () => void;
  onNone: () => void;
}

/** The keyboard in the grid: arrows go, Shift with them selects, Space picks, Enter opens. Anywhere on the page A takes all in view, Escape none. */
export function useGridKeys({ frame, grid, active, total, viewHeight, onMove, onPick, onOpen, onAll, onNone }: GridKeys) {
  const wantsFocus = useRef(false);
  usePageKeys({ a: onAll, Escape: onNone });
  useEffect(() => {
    if (!wantsFocus.current) return;
    const tile = frame.current?.querySelector<HTMLElement>(`[data-index="${String(active)}"]`);
    if (!tile) return;
    tile.focus({ preventScroll: true });
    wantsFocus.current = false;
  });

  return (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor(viewHeight / grid.rowHeight)) * grid.columns;
    const steps: Record<string, number> = {
      ArrowRight: 1, ArrowLeft: -1, ArrowDown: grid.columns, ArrowUp: -grid.columns,
      PageDown: page, PageUp: -page, Home: -total, End: total,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      const next = active + step;
      wantsFocus.current = true;
      onMove(Math.min(Math.max(next, 0), total - 1), event.shiftKey);
    } else if (event.key === " ") onPick(active);
    else if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) onOpen(active);
    else return;
    event.preventDefault();
  };
}
