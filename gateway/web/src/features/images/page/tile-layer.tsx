import { useEffect, useRef, useState } from "react";
import type { Pixels, ValueWindow } from "@/lib/api/pixels";
import { levelFor, placesIn, TileStore } from "@/features/images/page/tiles";
import type { View } from "@/features/images/page/use-zoom";

// From here on single pixels are looked at: they are drawn as squares.
const PIXELS_FROM = 3;

interface TileLayerProps {
  /** Name of the image; give it as key, too. */
  name: string;
  pixels: Pixels;
  size: readonly [number, number];
  window: ValueWindow | undefined;
  view: View;
  frame: readonly [number, number];
  onError: (error: Error | undefined) => void;
}

/** The part of an image that the frame shows, out of tiles; covers the frame. */
export function TileLayer({ name, pixels, size, window: shown, view, frame, onError }: TileLayerProps) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [arrived, setArrived] = useState(0);
  const [store] = useState(() => new TileStore(name, (error) => { onError(error); setArrived((before) => before + 1); }));
  const density = window.devicePixelRatio || 1;
  const [tile, levels] = [pixels.tilePixels ?? 512, pixels.levelCount ?? 1];

  useEffect(() => () => { store.close(); }, [store]);
  useEffect(() => {
    const level = levelFor(view.scale * density, levels);
    // The smallest one is there quickly, and something is seen wherever one goes.
    const places = [...placesIn(view, frame, size, level, tile), ...(level < levels - 1 ? [{ level: levels - 1, column: 0, row: 0 }] : [])];
    store.want(places, shown);
  }, [store, view, frame, size, shown, density, tile, levels]);
  useEffect(() => {
    if (canvas.current) canvas.current.dataset["tiles"] = store.isWhole ? "whole" : "coming";
    const context = canvas.current?.getContext("2d");
    if (!context) return;
    const edge = (value: number) => Math.round(value * density);
    context.clearRect(0, 0, context.canvas.width, context.canvas.height);
    context.imageSmoothingEnabled = view.scale < PIXELS_FROM;
    for (const { level, column, row, bitmap } of store.drawn()) {
      const by = 2 ** level * view.scale;
      // Edges of neighbours are rounded alike: no gap is seen between them.
      const [left, top] = [edge(view.x + column * tile * by), edge(view.y + row * tile * by)];
      const [right, bottom] = [edge(view.x + (column * tile + bitmap.width) * by), edge(view.y + (row * tile + bitmap.height) * by)];
      context.drawImage(bitmap, left, top, right - left, bottom - top);
    }
  }, [store, arrived, view, frame, shown, density, tile]);

  return (
    <canvas
      ref={canvas}
      width={Math.round(frame[0] * density)}
      height={Math.round(frame[1] * density)}
      className="pointer-events-none absolute inset-0 size-full"
      aria-hidden
    />
  );
}
