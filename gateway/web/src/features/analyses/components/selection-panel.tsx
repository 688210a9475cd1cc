import { Link, type LinkProps } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef, type ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { useLegendLabel } from "@/features/analyses/components/legend";
import type { LegendEntry } from "@/features/analyses/components/palette";
import { count, percent } from "@/lib/format";

const ACROSS = 4;
const ROW_PIXELS = 76;

interface SelectionPanelProps {
  project: string;
  /** How many points are selected. */
  size: number;
  /** The image of each of them. */
  imageAt: (index: number) => string;
  /** How the selection spreads over what colours the map; empty for numbers. */
  bars: LegendEntry[];
  imageLink: (image: string) => Pick<LinkProps, "to" | "params" | "search">;
  /** What can be done with them. */
  actions: ReactNode;
}

/** The selected points as images, and what they are. */
export function SelectionPanel({ project, size, imageAt, bars, imageLink, actions }: SelectionPanelProps) {
  const { t } = useTranslation();
  return (
    <section className="flex min-h-0 flex-1 flex-col gap-3" aria-label={t("maps.selection")}>
      {actions}
      <Bars entries={bars} total={size} />
      <Thumbnails project={project} size={size} imageAt={imageAt} imageLink={imageLink} />
    </section>
  );
}

function Bars({ entries, total }: { entries: LegendEntry[]; total: number }) {
  const { t } = useTranslation();
  const label = useLegendLabel();
  if (entries.length === 0) return null;
  const ranked = [...entries].sort((one, other) => other.count - one.count);
  return (
    <div className="flex items-center gap-3">
      <Pie entries={ranked} total={total} />
      <ul className="flex min-w-0 flex-1 flex-col gap-1 text-xs" aria-label={t("maps.classes")}>
        {ranked.slice(0, 8).map((entry) => (
          <li key={typeof entry.key === "symbol" ? entry.key.description : `=${entry.key}`} className="grid grid-cols-[5rem_1fr_auto] items-center gap-2">
            <span className="truncate">{label(entry.key)}</span>
            <span className="h-2 overflow-hidden rounded-full bg-sunken"><span className="block h-full rounded-full" style={{ width: `${(100 * entry.count) / total}%`, background: entry.color }} /></span>
            <span className="text-quiet tabular-nums">{count(entry.count)} · {percent(entry.count / total)}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The same shares as the bars, at a glance; who cannot see it has these. */
function Pie({ entries, total }: { entries: LegendEntry[]; total: number }) {
  const ends = entries.map((_, index) => (100 * entries.slice(0, index + 1).reduce((sum, each) => sum + each.count, 0)) / total);
  const stops = entries.map((entry, index) => `${entry.color} ${ends[index - 1] ?? 0}% ${ends[index] ?? 100}%`);
  return <span aria-hidden className="size-16 shrink-0 rounded-full" style={{ background: `conic-gradient(${stops.join(", ")})` }} />;
}

function Thumbnails({ project, size, imageAt, imageLink }: Pick<SelectionPanelProps, "project" | "size" | "imageAt" | "imageLink">) {
  const { t } = useTranslation();
  const scroller = useRef<HTMLDivElement>(null);
  // The library's own functions are not memoised by the compiler; nothing here is.
  // eslint-disable-next-line react-hooks/incompatible-library
  const rows = useVirtualizer({ count: Math.ceil(size / ACROSS), getScrollElement: () => scroller.current, estimateSize: () => ROW_PIXELS, overscan: 4 });
  return (
    // A list that scrolls must be reachable by keyboard; its links are.
    <div ref={scroller} className="min-h-40 flex-1 overflow-y-auto">
      <ul className="relative" style={{ height: rows.getTotalSize() }}>
        {rows.getVirtualItems().flatMap((row) =>
          Array.from({ length: Math.min(ACROSS, size - row.index * ACROSS) }, (_, column) => {
            const image = imageAt(row.index * ACROSS + column);
            return (
              <li key={image} className="absolute w-1/4 p-0.5" style={{ top: row.start, left: `${column * 25}%`, height: ROW_PIXELS }}>
                <Link {...imageLink(image)} className="block size-full overflow-hidden rounded border border-line bg-sunken hover:border-accent">
                  <img src={`/v1/projects/${project}/images/${image}:thumbnail`} alt={t("maps.openImage")} loading="lazy" className="size-full object-cover" />
                </Link>
              </li>
            );
          }),
        )}
      </ul>
    </div>
  );
}
