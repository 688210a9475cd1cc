import { tileAddress, type ValueWindow } from "@/lib/api/pixels";
import type { View } from "@/features/images/page/use-zoom";

/** Where a tile is. Level 0 is the full size, each further one half of the one before. */
export interface Place {
  level: number;
  column: number;
  row: number;
}

/** The coarsest level whose pixels are not larger than one of the screen. */
export function levelFor(scale: number, levels: number): number {
  return Math.max(0, Math.min(levels - 1, Math.floor(-Math.log2(scale))));
}

/** The tiles of a level that a frame shows a part of, those in its middle first. */
export function placesIn(view: View, frame: readonly [number, number], size: readonly [number, number], level: number, tile: number): Place[] {
  const side = tile * 2 ** level * view.scale;
  const range = (from: number, frameSize: number, pixels: number) => {
    const last = Math.ceil(pixels / (tile * 2 ** level)) - 1;
    return [Math.max(0, Math.floor(-from / side)), Math.min(last, Math.floor((frameSize - from) / side))] as const;
  };
  const [left, right] = range(view.x, frame[0], size[0]);
  const [top, bottom] = range(view.y, frame[1], size[1]);
  const found: Place[] = [];
  for (let row = top; row <= bottom; row += 1) for (let column = left; column <= right; column += 1) found.push({ level, column, row });
  const away = ({ column, row }: Place) => Math.abs(column - (left + right) / 2) + Math.abs(row - (top + bottom) / 2);
  return found.sort((one, other) => away(one) - away(other));
}

interface Tile extends Place {
  bitmap: ImageBitmap;
}

// A tile takes a megabyte; a screen shows some thirty.
const MOST_KEPT = 96;
const MOST_AT_ONCE = 6;

/** Fetches tiles that are wanted, forgets those that are wanted no more before they came, and keeps some that were seen. */
export class TileStore {
  private readonly kept = new Map<string, Tile>();
  private readonly loading = new Map<string, AbortController>();
  private wanted: { place: Place; address: string }[] = [];

  constructor(private readonly name: string, private readonly onChange: (error?: Error) => void) {}

  /** What the screen shows now, the most important first. */
  want(places: readonly Place[], window: ValueWindow | undefined): void {
    this.wanted = places.map((place) => ({ place, address: tileAddress(this.name, place.level, place.column, place.row, window) }));
    const addresses = new Set(this.wanted.map(({ address }) => address));
    for (const [address, loading] of this.loading) if (!addresses.has(address)) loading.abort();
    for (const { address } of this.wanted) {
      const tile = this.kept.get(address);
      if (tile) this.keep(address, tile);
    }
    this.begin();
  }

  /** Whether everything that is wanted is there. */
  get isWhole(): boolean {
    return this.wanted.length > 0 && this.wanted.every(({ address }) => this.kept.has(address));
  }

  /** What there is to draw, what belongs on top last: the coarse below the fine, and what was wanted last above all else. */
  drawn(): Tile[] {
    const wanted = new Set(this.wanted.map(({ address }) => address));
    const rank = ([address, tile]: [string, Tile]) => (wanted.has(address) ? 0 : 100) + tile.level;
    return [...this.kept].sort((one, other) => rank(other) - rank(one)).map(([, tile]) => tile);
  }

  close(): void {
    this.wanted = [];
    for (const loading of this.loading.values()) loading.abort();
    for (const tile of this.kept.values()) tile.bitmap.close();
    this.kept.clear();
  }

  private begin(): void {
    for (const { place, address } of this.wanted) {
      if (this.loading.size >= MOST_AT_ONCE) return;
      if (!this.kept.has(address) && !this.loading.has(address)) void this.load(place, address);
    }
  }

  private async load(place: Place, address: string): Promise<void> {
    const control = new AbortController();
    this.loading.set(address, control);
    let fault: Error | undefined;
    try {
      const response = await fetch(address, { signal: control.signal });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const bitmap = await createImageBitmap(await response.blob());
      if (control.signal.aborted) bitmap.close();
      else this.keep(address, { ...place, bitmap });
    } catch (error) {
      if (!control.signal.aborted && error instanceof Error) fault = error;
    }
    this.loading.delete(address);
    if (fault) {
      // Tried again when the view next changes; a server that is away is not asked in a loop.
      this.wanted = this.wanted.filter((one) => one.address !== address);
    }
    if (!control.signal.aborted) this.onChange(fault);
    this.begin();
  }

  private keep(address: string, tile: Tile): void {
    this.kept.delete(address);
    this.kept.set(address, tile);
    for (const [oldest, { bitmap }] of this.kept) {
      if (this.kept.size <= MOST_KEPT) return;
      this.kept.delete(oldest);
      bitmap.close();
    }
  }
}
